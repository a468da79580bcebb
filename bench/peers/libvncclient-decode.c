/*
 * libvncclient's decoders on a recorded stream, without a network:
 *   libvncclient-decode STREAM WIDTH HEIGHT PASSES FRAMES PLAN [QUALITY]
 * STREAM holds FramebufferUpdate messages, one for each line of PLAN, whose first number is the index in FRAMES (raw, BGRX)
 * of what the picture must then be. The first pass compares after every update: pixels that differ, and the squared error.
 * All passes are timed, without the comparing. QUALITY is the level that
 * ZYWRLE depends on. Prints one line of JSON.
 */
#include <fcntl.h>
#include <rfb/rfbclient.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static void no_log(const char *format, ...) { (void)format; }
static void log_error(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
}

static long differing = 0, compared = 0;
static double squared = 0;

static void compare(const uint8_t *got, const uint8_t *wanted, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    int different = 0;
    for (int channel = 0; channel < 3; channel++) {
      int error = got[i * 4 + channel] - wanted[i * 4 + channel];
      squared += error * error;
      different |= error;
    }
    if (different) differing++;
  }
  compared += pixels;
}

int main(int argc, char **argv) {
  if (argc < 7) {
    fprintf(stderr, "STREAM WIDTH HEIGHT PASSES FRAMES PLAN\n");
    return 2;
  }
  int width = atoi(argv[2]), height = atoi(argv[3]), passes = atoi(argv[4]);
  if (passes < 1 || passes > MAX_PASSES) return 2;
  size_t frame_bytes = (size_t)width * height * 4;
  struct stat status;
  int frames_file = open(argv[5], O_RDONLY);
  if (frames_file < 0 || fstat(frames_file, &status)) fail(argv[5]);
  uint8_t *frames = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, frames_file, 0);
  if (frames == MAP_FAILED) fail("mmap");

  rfbClientLog = no_log;
  rfbClientErr = log_error;
  double cpu[MAX_PASSES], wall[MAX_PASSES];
  for (int pass = 0; pass < passes; pass++) {
    rfbClient *client = rfbGetClient(8, 3, 4);
    client->canHandleNewFBSize = FALSE;
    client->width = client->si.framebufferWidth = width;
    client->height = client->si.framebufferHeight = height;
    client->format.depth = 24;
    client->format.redShift = 16;
    client->format.greenShift = 8;
    client->format.blueShift = 0;
    if (argc > 7) client->appData.qualityLevel = atoi(argv[7]);
    client->updateRect.x = client->updateRect.y = 0;
    client->updateRect.w = width;
    client->updateRect.h = height;
    /* Nothing may be sent: the stream is a file. What the server is not known to understand is not sent. */
    memset(&client->supportedMessages, 0, sizeof client->supportedMessages);
    if (!client->MallocFrameBuffer(client)) return 1;
    client->sock = open(argv[1], O_RDONLY);
    if (client->sock < 0) fail(argv[1]);

    FILE *plan = fopen(argv[6], "r");
    if (plan == NULL) fail(argv[6]);
    char line[16384];
    double cpu_sum = 0, wall_sum = 0;
    int update = 0;
    while (fgets(line, sizeof line, plan)) {
      double cpu_start = seconds(CLOCK_PROCESS_CPUTIME_ID), wall_start = seconds(CLOCK_MONOTONIC);
      if (!HandleRFBServerMessage(client)) {
        fprintf(stderr, "update %d does not decode\n", update);
        return 1;
      }
      wall_sum += seconds(CLOCK_MONOTONIC) - wall_start;
      cpu_sum += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
      if (pass == 0)
        compare(client->frameBuffer, frames + frame_bytes * strtol(line, NULL, 10),
                (size_t)width * height);
      update++;
    }
    fclose(plan);
    if (pass == 0 && client->buffered == 0) {
      char byte;
      if (read(client->sock, &byte, 1) != 0) {
        fprintf(stderr, "bytes are left behind the last update\n");
        return 1;
      }
    } else if (pass == 0) {
      fprintf(stderr, "%d bytes are left behind the last update\n", (int)client->buffered);
      return 1;
    }
    cpu[pass] = cpu_sum;
    wall[pass] = wall_sum;
    uint8_t *picture = client->frameBuffer;
    rfbClientCleanup(client);
    free(picture);
  }

  printf("{\"cpu\":[");
  for (int i = 0; i < passes; i++) printf("%s%.6f", i ? "," : "", cpu[i]);
  printf("],\"wall\":[");
  for (int i = 0; i < passes; i++) printf("%s%.6f", i ? "," : "", wall[i]);
  printf("],\"differing\":%ld,\"compared\":%ld,\"squared\":%.0f}\n", differing, compared, squared);
  return 0;
}
