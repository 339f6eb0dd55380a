/* What the files of the reference module share. */
#ifndef REFERENCE_H
#define REFERENCE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <time.h>

#include "wsksim.h"

static inline int64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Reads the clock that Python's time.perf_counter_ns reads. */
static inline int64_t now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

/* handlers.c */
NTSTATUS WSKAPI Touch(PVOID SocketContext, ULONG Flags);
NTSTATUS WSKAPI Stamp(PVOID SocketContext, ULONG Flags);

/* scan.c, wake.c */
PyObject *scan(PyObject *module, PyObject *arguments);
PyObject *futex_wakes(PyObject *module, PyObject *arguments);

/* tcp.c */
PyObject *tcp_clients(PyObject *module, PyObject *arguments);
PyObject *epoll_server(PyObject *module, PyObject *arguments);

#endif
