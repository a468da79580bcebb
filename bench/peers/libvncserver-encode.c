/*
 * libvncserver's encoders on given frames, without a network:
 *   libvncserver-encode FRAMES WIDTH HEIGHT PLAN ENCODING LEVEL QUALITY PASSES [STREAM]
 * FRAMES holds raw frames of BGRX. PLAN has a line for each update: the frame's index, then x y w h of each damaged
 * rectangle. A viewer's own messages set the connection up, so that levels, subsampling and depth are as the library itself
 * makes them from a real viewer's. Bytes are counted in the file that is written, never taken from the library's statistics,
 * which miss some. Prints one line of JSON: processor time (user and system, all threads) and wall time of each pass in
 * seconds, the bytes of a pass. With STREAM the last pass is kept there: FramebufferUpdate messages, nothing else.
 */
#include <fcntl.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_PASSES 1024

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint8_t *put16(uint8_t *at, unsigned value) {
  *at++ = value >> 8;
  *at++ = value;
  return at;
}

static uint8_t *put32(uint8_t *at, int32_t value) {
  return put16(put16(at, (uint32_t)value >> 16), (uint32_t)value & 0xffff);
}

/* What a viewer sends up to SetEncodings. Level and quality below 0 are not named. */
static size_t viewer_messages(uint8_t *buffer, int encoding, int level, int quality) {
  uint8_t *at = buffer;
  memcpy(at, "RFB 003.008\n", 12);
  at += 12;
  *at++ = 1; /* security type None */
  *at++ = 1; /* shared */
  static const uint8_t format[20] = {0,  0, 0, 0, 32, 24,  0, 1, 0, 255,
                                     0, 255, 0, 255, 16, 8, 0, 0, 0, 0};
  memcpy(at, format, sizeof format);
  at += sizeof format;
  int32_t encodings[4];
  int count = 0;
  encodings[count++] = encoding;
  encodings[count++] = rfbEncodingLastRect;
  if (level >= 0) encodings[count++] = (int32_t)rfbEncodingCompressLevel0 + level;
  if (quality >= 0) encodings[count++] = (int32_t)rfbEncodingQualityLevel0 + quality;
  *at++ = 2; /* SetEncodings */
  *at++ = 0;
  at = put16(at, count);
  for (int i = 0; i < count; i++) at = put32(at, encodings[i]);
  return at - buffer;
}

static int number_of(const char *name) {
  if (!strcmp(name, "Tight")) return rfbEncodingTight;
  if (!strcmp(name, "ZRLE")) return rfbEncodingZRLE;
  if (!strcmp(name, "Zlib")) return rfbEncodingZlib;
  if (!strcmp(name, "Hextile")) return rfbEncodingHextile;
  fprintf(stderr, "no encoding %s\n", name);
  exit(2);
}

int main(int argc, char **argv) {
  if (argc < 9) {
    fprintf(stderr, "FRAMES WIDTH HEIGHT PLAN ENCODING LEVEL QUALITY PASSES [STREAM]\n");
    return 2;
  }
  int width = atoi(argv[2]), height = atoi(argv[3]);
  int encoding = number_of(argv[5]), level = atoi(argv[6]), quality = atoi(argv[7]);
  int passes = atoi(argv[8]);
  if (passes < 1 || passes > MAX_PASSES) return 2;
  const char *stream = argc > 9 ? argv[9] : NULL;
  size_t frame_bytes = (size_t)width * height * 4;

  int frames_file = open(argv[1], O_RDONLY);
  struct stat status;
  if (frames_file < 0 || fstat(frames_file, &status)) fail(argv[1]);
  uint8_t *frames =
      mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, frames_file, 0);
  if (frames == MAP_FAILED) fail("mmap");

  rfbLogEnable(0);
  double cpu[MAX_PASSES], wall[MAX_PASSES];
  long bytes = 0;
  for (int pass = 0; pass < passes; pass++) {
    int none = 0;
    rfbScreenInfoPtr screen = rfbGetScreen(&none, NULL, width, height, 8, 3, 4);
    screen->frameBuffer = malloc(frame_bytes);
    screen->serverFormat.redShift = 16;
    screen->serverFormat.greenShift = 8;
    screen->serverFormat.blueShift = 0;
    screen->serverFormat.depth = 24;
    screen->port = screen->ipv6port = 0;
    screen->autoPort = FALSE;
    screen->cursor = NULL;
    screen->deferUpdateTime = 0;
    rfbInitServer(screen);

    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) fail("socketpair");
    uint8_t messages[256];
    size_t length = viewer_messages(messages, encoding, level, quality);
    if (write(pair[1], messages, length) != (ssize_t)length) fail("write");
    rfbClientPtr client = rfbNewClient(screen, pair[0]);
    if (client == NULL) return 1;
    /* Version, security type, ClientInit, SetPixelFormat, SetEncodings. */
    for (int i = 0; i < 5; i++) rfbProcessClientMessage(client);
    if (client->state != RFB_NORMAL || client->preferredEncoding != encoding ||
        client->format.depth != 24) {
      fprintf(stderr, "the connection did not come up: state %d\n", client->state);
      return 1;
    }

    /* The updates alone go to a file. */
    int keep = stream != NULL && pass == passes - 1;
    int out = keep ? open(stream, O_RDWR | O_CREAT | O_TRUNC, 0600) : open("/dev/null", O_RDWR);
    if (out < 0) fail("output");
    client->sock = out;

    FILE *plan = fopen(argv[4], "r");
    if (plan == NULL) fail(argv[4]);
    char line[16384];
    double cpu_sum = 0, wall_sum = 0;
    while (fgets(line, sizeof line, plan)) {
      char *at = line;
      long index = strtol(at, &at, 10);
      memcpy(screen->frameBuffer, frames + frame_bytes * index, frame_bytes);
      sraRegionPtr damage = sraRgnCreate();
      for (;;) {
        char *before = at;
        int box[4];
        for (int i = 0; i < 4; i++) box[i] = (int)strtol(at, &at, 10);
        if (at == before) break;
        sraRegionPtr one =
            sraRgnCreateRect(box[0], box[1], box[0] + box[2], box[1] + box[3]);
        sraRgnOr(damage, one);
        sraRgnDestroy(one);
      }
      sraRgnDestroy(client->requestedRegion);
      client->requestedRegion = sraRgnCreateRect(0, 0, width, height);
      sraRgnDestroy(client->modifiedRegion);
      client->modifiedRegion = sraRgnCreateRgn(damage);
      double cpu_start = seconds(CLOCK_PROCESS_CPUTIME_ID), wall_start = seconds(CLOCK_MONOTONIC);
      if (!rfbSendFramebufferUpdate(client, damage)) {
        fprintf(stderr, "an update failed\n");
        return 1;
      }
      wall_sum += seconds(CLOCK_MONOTONIC) - wall_start;
      cpu_sum += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
      sraRgnDestroy(damage);
    }
    fclose(plan);
    cpu[pass] = cpu_sum;
    wall[pass] = wall_sum;
    if (keep) {
      if (fstat(out, &status)) fail("fstat");
      bytes = status.st_size;
    }
    client->sock = pair[0];
    close(out);
    close(pair[1]);
    rfbCloseClient(client);
    rfbClientConnectionGone(client);
    free(screen->frameBuffer);
    rfbScreenCleanup(screen);
  }

  printf("{\"cpu\":[");
  for (int i = 0; i < passes; i++) printf("%s%.6f", i ? "," : "", cpu[i]);
  printf("],\"wall\":[");
  for (int i = 0; i < passes; i++) printf("%s%.6f", i ? "," : "", wall[i]);
  printf("],\"bytes\":%ld}\n", bytes);
  return 0;
}
