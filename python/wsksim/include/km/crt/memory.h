/* memory.h for drivers. */
#include <string.h>
