/*
 * What an X server shows while it is measured: x-content WIDTH HEIGHT [copy] (DISPLAY from the environment). It covers the
 * screen, draws each frame out of sight and then shows it, as toolkits do; with "copy" it moves what it shows by XCopyArea, as
 * xterm does, which servers that are X servers themselves can pass on as it is. It
 * prints "ready", and takes lines on its standard input: "rate N" draws N frames a second (0: nothing moves), "quit" ends.
 * A frame scrolls coloured text by a line, moves a striped box, and writes its number, 16 cells of 8x8 pixels from 100,8 on,
 * lowest bit first, white for 1. A key or a button that goes down turns the square of 64x64 at 8,8 from black to white or back.
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 15, TEXT_TOP = 88, PATCH = 64, EDGE = 8, CELL = 8, CELLS = 16, CELLS_LEFT = 100, BOX = 240 };

static Display *display;
static Window window;
/* What is drawn into: the window itself with "copy". */
static Drawable target;
static GC gc;
static XFontStruct *font;
static int width, height;
static unsigned frame_number = 0;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void fill(unsigned long colour, int x, int y, int w, int h) {
  XSetForeground(display, gc, colour);
  XFillRectangle(display, target, gc, x, y, w, h);
}

static void text_line(int y, unsigned seed) {
  static const char *words[] = {"framebuffer ", "0x1f80 ",    "rectangle ", "const ",  "=> ",
                                "ok ",          "warning: ",  "deflate ",   "return ", "(12 ms) ",
                                "/usr/share/ ", "connected ", "region ",    "[ 42%] "};
  static const unsigned long colours[] = {0xd0d0d0, 0x7aa2f7, 0x9ece6a, 0xe0af68, 0xf7768e, 0xbb9af7};
  int x = EDGE;
  while (x < width / 2 - 160) {
    seed = seed * 1103515245u + 12345u;
    const char *word = words[(seed >> 16) % (sizeof words / sizeof *words)];
    XSetForeground(display, gc, colours[(seed >> 20) % 6]);
    XDrawString(display, target, gc, x, y + LINE - 4, word, strlen(word));
    x += XTextWidth(font, word, strlen(word));
  }
}

/* Shows what was drawn out of sight. */
static void show(int x, int y, int w, int h) {
  if (target != window) XCopyArea(display, target, window, gc, x, y, w, h, x, y);
}

static void box(unsigned number) {
  static int left = -1, top;
  int range_x = width / 2 - BOX - EDGE, range_y = height - TEXT_TOP - BOX - EDGE;
  int x = (int)(number * 7) % (2 * range_x), y = (int)(number * 5) % (2 * range_y);
  if (x >= range_x) x = 2 * range_x - x;
  if (y >= range_y) y = 2 * range_y - y;
  if (left >= 0) fill(0x20242c, left, top, BOX, BOX);
  int old_left = left < 0 ? width / 2 + x : left, old_top = left < 0 ? TEXT_TOP + y : top;
  left = width / 2 + x;
  top = TEXT_TOP + y;
  for (int i = 0; i < BOX; i += 4)
    fill(((unsigned long)(i * 255 / BOX) << 16) | ((unsigned long)(255 - i * 255 / BOX) << 8) | 0x60,
         left, top + i, BOX, 4);
  int from_x = old_left < left ? old_left : left, from_y = old_top < top ? old_top : top;
  int to_x = old_left > left ? old_left : left, to_y = old_top > top ? old_top : top;
  show(from_x, from_y, to_x - from_x + BOX, to_y - from_y + BOX);
}

static void draw_frame(void) {
  frame_number++;
  XCopyArea(display, target, target, gc, 0, TEXT_TOP + LINE, width / 2, height - TEXT_TOP - LINE, 0,
            TEXT_TOP);
  fill(0x101218, 0, height - LINE, width / 2, LINE);
  text_line(height - LINE, frame_number * 2654435761u);
  show(0, TEXT_TOP, width / 2, height - TEXT_TOP);
  box(frame_number);
  for (int i = 0; i < CELLS; i++)
    fill((frame_number >> i) & 1 ? 0xffffff : 0x000000, CELLS_LEFT + i * CELL, EDGE, CELL, CELL);
  show(CELLS_LEFT, EDGE, CELLS * CELL, CELL);
  XFlush(display);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  width = atoi(argv[1]);
  height = atoi(argv[2]);
  display = XOpenDisplay(NULL);
  if (display == NULL) return 1;
  XSetWindowAttributes attributes = {.override_redirect = True, .background_pixel = 0x20242c};
  attributes.event_mask = KeyPressMask | ButtonPressMask | ExposureMask;
  window = XCreateWindow(display, DefaultRootWindow(display), 0, 0, width, height, 0, CopyFromParent,
                         InputOutput, CopyFromParent,
                         CWOverrideRedirect | CWBackPixel | CWEventMask, &attributes);
  XGCValues values = {.graphics_exposures = False};
  gc = XCreateGC(display, window, GCGraphicsExposures, &values);
  /* The one that every X server has built in. */
  font = XLoadQueryFont(display, "fixed");
  if (font == NULL) return 1;
  XSetFont(display, gc, font->fid);
  int depth = DefaultDepth(display, DefaultScreen(display));
  int copy = argc > 3 && !strcmp(argv[3], "copy");
  target = copy ? window : XCreatePixmap(display, window, width, height, depth);
  XMapRaised(display, window);
  XEvent event;
  do XNextEvent(display, &event);
  while (event.type != Expose);
  XSetInputFocus(display, window, RevertToParent, CurrentTime);
  fill(0x20242c, 0, 0, width, height);
  fill(0x101218, 0, 0, width / 2, height);
  for (int y = TEXT_TOP; y + LINE <= height; y += LINE) text_line(y, y * 2654435761u);
  fill(0x000000, EDGE, EDGE, PATCH, PATCH);
  show(0, 0, width, height);
  draw_frame();
  XSync(display, False);
  puts("ready");
  fflush(stdout);

  int white = 0;
  double rate = 0, next = 0;
  for (;;) {
    while (XPending(display)) {
      XNextEvent(display, &event);
      if (event.type != KeyPress && event.type != ButtonPress) continue;
      white = !white;
      fill(white ? 0xffffff : 0x000000, EDGE, EDGE, PATCH, PATCH);
      show(EDGE, EDGE, PATCH, PATCH);
      XFlush(display);
    }
    double wait = rate > 0 ? next - now() : 1;
    if (rate > 0 && wait <= 0) {
      draw_frame();
      /* Late is late: no frames are made up for. */
      next += 1 / rate;
      if (next < now()) next = now();
      continue;
    }
    struct pollfd polls[2] = {{ConnectionNumber(display), POLLIN, 0}, {0, POLLIN, 0}};
    poll(polls, 2, (int)(wait * 1000) + 1);
    if (polls[1].revents) {
      char line[64];
      ssize_t length = read(0, line, sizeof line - 1);
      if (length <= 0 || !strncmp(line, "quit", 4)) return 0;
      line[length] = 0;
      if (sscanf(line, "rate %lf", &rate) == 1) next = now();
    }
  }
}
