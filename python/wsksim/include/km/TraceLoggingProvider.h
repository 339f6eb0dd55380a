/*
 * TraceLoggingProvider.h: providers of events that nobody listens to. What is logged is not evaluated.
 */
#ifndef WSKSIM_TRACELOGGINGPROVIDER_H
#define WSKSIM_TRACELOGGINGPROVIDER_H

#include "wsksim/kernel.h"

typedef const struct _TlgProvider_t *TraceLoggingHProvider;

#define TRACELOGGING_DECLARE_PROVIDER(Provider) EXTERN_C const TraceLoggingHProvider Provider
#ifdef __cplusplus
#define TRACELOGGING_DEFINE_PROVIDER(Provider, ...) extern const TraceLoggingHProvider Provider = NULL
#else
#define TRACELOGGING_DEFINE_PROVIDER(Provider, ...) const TraceLoggingHProvider Provider = NULL
#endif
#define TraceLoggingRegister(Provider) ((void)(Provider), STATUS_SUCCESS)
#define TraceLoggingUnregister(Provider) ((void)(Provider))
#define TraceLoggingWrite(Provider, ...) ((void)(Provider))
#define TraceLoggingWriteActivity(Provider, ...) ((void)(Provider))
#define TraceLoggingProviderEnabled(Provider, Level, Keywords) ((void)(Provider), FALSE)

#endif /* WSKSIM_TRACELOGGINGPROVIDER_H */
