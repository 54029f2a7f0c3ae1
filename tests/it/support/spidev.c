/* Stands in for Linux's /dev/spidevB.C, for a program that is started with this by LD_PRELOAD.
 *
 * Behaves as drivers/spi/spidev.c does for a plain write: at most bufsiz bytes, or EMSGSIZE. The
 * folder in HASHTUG_TEST_SPIDEV holds what a test asks for and what the program did; it is looked
 * into anew each time, so that a test can change its mind:
 *   gone    while it exists there is no device: ENOENT to open, and ESHUTDOWN to a transfer
 *   denied  while it exists, EACCES to open
 *   bufsiz  the limit, also read as /sys/module/spidev/parameters/bufsiz
 *   fail    "K E": transfer number K, counted from 1, fails with error number E
 *   slow    milliseconds that each transfer takes
 *   log     what was sent: for each transfer its length and its clock (32 bits each), and the bytes
 * Anything but a plain write is refused.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 1024

/* The clock of an open device, by file descriptor; 0 for all other files. */
static volatile uint32_t clocks[FILES];
static unsigned long transfers;

static void *next(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

static int really_open(const char *path, int flags, mode_t mode) {
    static int (*open_)(const char *, int, ...);
    if (!open_) open_ = (int (*)(const char *, int, ...))next("open");
    return open_(path, flags, mode);
}

static ssize_t really_write(int fd, const void *bytes, size_t count) {
    static ssize_t (*write_)(int, const void *, size_t);
    if (!write_) write_ = (ssize_t (*)(int, const void *, size_t))next("write");
    return write_(fd, bytes, count);
}

static void place(char *path, size_t size, const char *name) {
    const char *folder = getenv("HASHTUG_TEST_SPIDEV");
    snprintf(path, size, "%s/%s", folder ? folder : "/nonexistent", name);
}

static int exists(const char *name) {
    char path[512];
    struct stat status;
    place(path, sizeof path, name);
    return stat(path, &status) == 0;
}

/* The two numbers in a file; those that are not there stay as they were. */
static void numbers(const char *name, long *first, long *second) {
    char path[512], text[64] = "";
    place(path, sizeof path, name);
    int fd = really_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count > 0) sscanf(text, "%ld %ld", first, second);
}

static int open_instead(const char *path, int flags, mode_t mode) {
    int bus, slave, end = 0;
    char instead[512];
    if (strcmp(path, "/sys/module/spidev/parameters/bufsiz") == 0) {
        place(instead, sizeof instead, "bufsiz");
        return really_open(instead, flags, mode);
    }
    if (sscanf(path, "/dev/spidev%d.%d%n", &bus, &slave, &end) != 2 || path[end])
        return really_open(path, flags, mode);
    if (exists("gone") || exists("denied")) {
        errno = exists("gone") ? ENOENT : EACCES;
        return -1;
    }
    int fd = really_open("/dev/null", O_RDWR | O_CLOEXEC, 0);
    if (fd >= FILES) {
        close(fd);
        errno = EMFILE;
        return -1;
    }
    if (fd >= 0) clocks[fd] = 500000;
    return fd;
}

#define OPEN(name)                                            \
    int name(const char *path, int flags, ...) {              \
        va_list more;                                         \
        va_start(more, flags);                                \
        mode_t mode = flags & O_CREAT ? va_arg(more, int) : 0; \
        va_end(more);                                         \
        return open_instead(path, flags, mode);               \
    }
OPEN(open)
OPEN(open64)

/* Each test has a device of its own, and whoever asks for its real name is told so. */
char *realpath(const char *path, char *resolved) {
    static char *(*realpath_)(const char *, char *);
    int bus, slave, end = 0;
    if (!realpath_) realpath_ = (char *(*)(const char *, char *))next("realpath");
    if (resolved || sscanf(path, "/dev/spidev%d.%d%n", &bus, &slave, &end) != 2 || path[end])
        return realpath_(path, resolved);
    char instead[512];
    place(instead, sizeof instead, path + sizeof "/dev");
    return strdup(instead);
}

int close(int fd) {
    static int (*close_)(int);
    if (!close_) close_ = (int (*)(int))next("close");
    if (fd >= 0 && fd < FILES) clocks[fd] = 0;
    return close_(fd);
}

int ioctl(int fd, unsigned long request, ...) {
    static int (*ioctl_)(int, unsigned long, ...);
    va_list more;
    va_start(more, request);
    void *value = va_arg(more, void *);
    va_end(more);
    if (!ioctl_) ioctl_ = (int (*)(int, unsigned long, ...))next("ioctl");
    if (fd < 0 || fd >= FILES || !clocks[fd]) return ioctl_(fd, request, value);
    switch ((uint32_t)request) {
    case SPI_IOC_WR_MODE:
        if (*(uint8_t *)value == 0) return 0;
        break;
    case SPI_IOC_WR_MODE32:
        if (*(uint32_t *)value == 0) return 0;
        break;
    case SPI_IOC_RD_MODE32:
        *(uint32_t *)value = 0;
        return 0;
    case SPI_IOC_WR_BITS_PER_WORD:
        if (*(uint8_t *)value == 8 || *(uint8_t *)value == 0) return 0;
        break;
    case SPI_IOC_WR_MAX_SPEED_HZ:
        if (*(uint32_t *)value) {
            clocks[fd] = *(uint32_t *)value;
            return 0;
        }
        break;
    }
    errno = EINVAL;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (fd < 0 || fd >= FILES || !clocks[fd]) return really_write(fd, bytes, count);
    long bufsiz = 4096, failing = 0, error = EIO, slow = 0;
    numbers("bufsiz", &bufsiz, &error);
    if (count > (size_t)bufsiz) {
        errno = EMSGSIZE;
        return -1;
    }
    if (exists("gone")) {
        errno = ESHUTDOWN;
        return -1;
    }
    unsigned long number = __sync_add_and_fetch(&transfers, 1);
    error = EIO;
    numbers("fail", &failing, &error);
    if ((long)number == failing) {
        errno = (int)error;
        return -1;
    }
    numbers("slow", &slow, &error);
    if (slow) usleep((useconds_t)slow * 1000);
    char path[512];
    place(path, sizeof path, "log");
    int log = really_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    uint32_t head[2] = {(uint32_t)count, clocks[fd]};
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, count}};
    if (log < 0 || writev(log, parts, 2) < 0) perror("spidev log");
    if (log >= 0) close(log);
    return (ssize_t)count;
}
