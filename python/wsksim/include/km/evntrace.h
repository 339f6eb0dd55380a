/*
 * evntrace.h: levels of tracing, and what the headers of events name. Nobody listens.
 */
#ifndef WSKSIM_EVNTRACE_H
#define WSKSIM_EVNTRACE_H

#include "wsksim/kernel.h"

#define TRACE_LEVEL_NONE 0
#define TRACE_LEVEL_CRITICAL 1
#define TRACE_LEVEL_FATAL 1
#define TRACE_LEVEL_ERROR 2
#define TRACE_LEVEL_WARNING 3
#define TRACE_LEVEL_INFORMATION 4
#define TRACE_LEVEL_VERBOSE 5
#define WINEVENT_LEVEL_CRITICAL 1
#define WINEVENT_LEVEL_ERROR 2
#define WINEVENT_LEVEL_WARNING 3
#define WINEVENT_LEVEL_INFO 4
#define WINEVENT_LEVEL_VERBOSE 5

typedef ULONG64 REGHANDLE, *PREGHANDLE, TRACEHANDLE, *PTRACEHANDLE;

#endif /* WSKSIM_EVNTRACE_H */
