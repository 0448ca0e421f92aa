#ifndef SYNCD_CDEFLATE_SHIM_H
#define SYNCD_CDEFLATE_SHIM_H
#include <libdeflate.h>
#endif
