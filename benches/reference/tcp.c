/*
 * Real loopback TCP: clients that connect, finish and close, and an epoll server that does as little as it can.
 *
 * A life is the server's: it accepts, hears that the client has finished, and closes.
 */
#define _GNU_SOURCE
#include "reference.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256 };

/* tcp_clients(port: int, order: array of int64): all connect, then all finish in this order, then all wait for the end and close. */
PyObject *tcp_clients(PyObject *module, PyObject *arguments)
{
    int port, made = 0, failed = 0;
    Py_buffer order;
    char byte;
    (void)module;

    if (!PyArg_ParseTuple(arguments, "iy*", &port, &order)) {
        return NULL;
    }
    const int64_t *places = order.buf;
    int count = (int)(order.len / (Py_ssize_t)sizeof(int64_t));
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int *sockets = calloc((size_t)count, sizeof(int));
    if (sockets == NULL) {
        PyBuffer_Release(&order);
        return PyErr_NoMemory();
    }
    for (; made < count; made++) {
        sockets[made] = socket(AF_INET, SOCK_STREAM, 0);
        if (sockets[made] < 0 || connect(sockets[made], (struct sockaddr *)&to, sizeof(to)) != 0) {
            failed = errno;
            break;
        }
    }
    for (int one = 0; made == count && one < count; one++) {
        shutdown(sockets[places[one]], SHUT_WR);
    }
    for (int one = 0; one < made; one++) {
        while (read(sockets[one], &byte, 1) > 0) {
        }
        close(sockets[one]);
    }
    free(sockets);
    PyBuffer_Release(&order);
    if (failed != 0) {
        errno = failed;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* epoll_server(fd: int, count: int) -> ns: serves so many lives; processor time of this thread. */
PyObject *epoll_server(PyObject *module, PyObject *arguments)
{
    int listener, count, closed = 0;
    char byte;
    struct epoll_event events[EVENTS];
    (void)module;

    if (!PyArg_ParseTuple(arguments, "ii", &listener, &count)) {
        return NULL;
    }
    int64_t begun = read_ns(CLOCK_THREAD_CPUTIME_ID);
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    while (closed < count) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int one = 0; one < ready; one++) {
            int socket = events[one].data.fd;
            if (socket != listener) {
                if (read(socket, &byte, 1) <= 0) {
                    close(socket);
                    closed++;
                }
                continue;
            }
            for (;;) {
                int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (accepted < 0) {
                    break;
                }
                event = (struct epoll_event){.events = EPOLLIN | EPOLLRDHUP, .data.fd = accepted};
                epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &event);
            }
        }
    }
    close(poll);
    return PyLong_FromLongLong(read_ns(CLOCK_THREAD_CPUTIME_ID) - begun);
}
