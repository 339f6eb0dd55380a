/* stdbool.h for drivers. */
#ifndef WSKSIM_STDBOOL_H
#define WSKSIM_STDBOOL_H
#ifndef __cplusplus
#define bool _Bool
#define true 1
#define false 0
#endif
#endif
