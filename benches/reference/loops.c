/*
 * The loops that the benches compare with, as a Python module. Each is what a careful author would write by hand in C:
 * nothing is looked up, nothing is kept, results are checked.
 */
#include "reference.h"

/* Calls the handler with contexts[i], flags[kinds[i]] in order; gives how many answers were not the zero it knows. */
static inline Py_ssize_t call_all(PyObject *handler, PyObject *contexts, PyObject *flags, const uint8_t *kinds,
                                  PyObject *success, Py_ssize_t ahead)
{
    Py_ssize_t count = PyList_GET_SIZE(contexts);
    Py_ssize_t failed = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        if (ahead && i + ahead < count) {
            __builtin_prefetch(PyList_GET_ITEM(contexts, i + ahead));
        }
        /* The place before the arguments is the callee's to use. */
        PyObject *arguments[3] = {NULL, PyList_GET_ITEM(contexts, i), PyTuple_GET_ITEM(flags, kinds[i])};
        PyObject *result = PyObject_Vectorcall(handler, arguments + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        if (result == NULL) {
            return -1;
        }
        failed += result != success;
        Py_DECREF(result);
    }
    return failed;
}

/* limit(handler, contexts: list, flags: tuple, kinds: bytes, prefetch: bool) -> int */
static PyObject *limit(PyObject *module, PyObject *arguments)
{
    PyObject *handler, *contexts, *flags;
    Py_buffer kinds;
    int ahead;
    (void)module;

    if (!PyArg_ParseTuple(arguments, "OO!O!y*p", &handler, &PyList_Type, &contexts, &PyTuple_Type, &flags, &kinds,
                          &ahead)) {
        return NULL;
    }
    PyObject *success = PyLong_FromLong(0);
    Py_ssize_t failed = -1;
    if (kinds.len != PyList_GET_SIZE(contexts)) {
        PyErr_SetString(PyExc_ValueError, "limit: give one kind per context");
    } else if (ahead) {
        failed = call_all(handler, contexts, flags, kinds.buf, success, 16);
    } else {
        failed = call_all(handler, contexts, flags, kinds.buf, success, 0);
    }
    Py_DECREF(success);
    PyBuffer_Release(&kinds);
    return failed < 0 ? NULL : PyLong_FromSsize_t(failed);
}

/* pointer_loop(handler: int, contexts: buffer of addresses, flags: int) -> int, the answers that were no success */
static PyObject *pointer_loop(PyObject *module, PyObject *arguments)
{
    unsigned long long address;
    unsigned int flags;
    Py_buffer contexts;
    Py_ssize_t failed = 0;
    (void)module;

    if (!PyArg_ParseTuple(arguments, "Ky*I", &address, &contexts, &flags)) {
        return NULL;
    }
    PFN_WSK_DISCONNECT_EVENT handler = (PFN_WSK_DISCONNECT_EVENT)(uintptr_t)address;
    const uint64_t *pointers = contexts.buf;
    Py_ssize_t count = contexts.len / (Py_ssize_t)sizeof(*pointers);
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        failed += handler((PVOID)(uintptr_t)pointers[i], flags) != STATUS_SUCCESS;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&contexts);
    return PyLong_FromSsize_t(failed);
}

/* atomic_adds(count: int) -> float, nanoseconds of one locked add that nobody contends for */
static PyObject *atomic_adds(PyObject *module, PyObject *argument)
{
    static uint64_t word __attribute__((aligned(128)));
    long long count = PyLong_AsLongLong(argument);
    (void)module;

    if (count <= 0) {
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "atomic_adds: give 1 or more");
    }
    int64_t begun = read_ns(CLOCK_THREAD_CPUTIME_ID);
    for (long long i = 0; i < count; i++) {
        __atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
        /* Keeps the loop as it is written. */
        __asm__ volatile("" ::: "memory");
    }
    return PyFloat_FromDouble((double)(read_ns(CLOCK_THREAD_CPUTIME_ID) - begun) / (double)count);
}

/* shuffle(positions: writable buffer of int64, seed: int): Fisher and Yates, with splitmix64 */
static PyObject *shuffle(PyObject *module, PyObject *arguments)
{
    Py_buffer positions;
    unsigned long long state;
    (void)module;

    if (!PyArg_ParseTuple(arguments, "w*K", &positions, &state)) {
        return NULL;
    }
    int64_t *values = positions.buf;
    for (uint64_t left = (uint64_t)positions.len / sizeof(*values); left > 1; left--) {
        uint64_t drawn = state += 0x9E3779B97F4A7C15u;
        drawn = (drawn ^ (drawn >> 30)) * 0xBF58476D1CE4E5B9u;
        drawn = (drawn ^ (drawn >> 27)) * 0x94D049BB133111EBu;
        drawn = (drawn ^ (drawn >> 31)) % left;
        int64_t last = values[left - 1];
        values[left - 1] = values[drawn];
        values[drawn] = last;
    }
    PyBuffer_Release(&positions);
    Py_RETURN_NONE;
}

typedef struct {
    PyObject_HEAD
} Empty;

static PyObject *nothing(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    Py_RETURN_NONE;
}

static PyMethodDef empty_methods[] = {
    {"nothing", nothing, METH_NOARGS, "Does nothing."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject empty_type = {
    .ob_base = PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "wsksim_reference.Empty",
    .tp_basicsize = sizeof(Empty),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_methods = empty_methods,
};

static PyMethodDef functions[] = {
    {"limit", limit, METH_VARARGS, "The loop that people call the limit, without or with prefetch."},
    {"pointer_loop", pointer_loop, METH_VARARGS, "The bare loop over a function pointer."},
    {"atomic_adds", atomic_adds, METH_O, "Nanoseconds of one atomic add."},
    {"shuffle", shuffle, METH_VARARGS, "Shuffles in place."},
    {"futex_wakes", futex_wakes, METH_VARARGS, "Nanoseconds from a futex wake to the woken thread."},
    {"scan", scan, METH_VARARGS, "Scans a capture naively."},
    {"tcp_clients", tcp_clients, METH_VARARGS, "Clients of a server on loopback TCP."},
    {"epoll_server", epoll_server, METH_VARARGS, "A server on loopback TCP; nanoseconds of all lives."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "wsksim_reference", NULL, -1, functions,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_wsksim_reference(void)
{
    PyObject *module = PyModule_Create(&definition);
    PyObject *touch = PyLong_FromUnsignedLongLong((uintptr_t)Touch);
    PyObject *stamp = PyLong_FromUnsignedLongLong((uintptr_t)Stamp);

    if (module == NULL || touch == NULL || stamp == NULL || PyType_Ready(&empty_type) < 0 ||
        PyModule_AddObjectRef(module, "Empty", (PyObject *)&empty_type) < 0 ||
        PyModule_AddObjectRef(module, "TOUCH", touch) < 0 || PyModule_AddObjectRef(module, "STAMP", stamp) < 0) {
        return NULL;
    }
    Py_DECREF(touch);
    Py_DECREF(stamp);
    return module;
}
