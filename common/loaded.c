#include "common/loaded.h"

#include <dlfcn.h>
#include <stddef.h>

void
loaded_stay(void)
{
	static const char here;
	Dl_info info;

	if (dladdr(&here, &info) && info.dli_fname)
		dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD |
				       RTLD_NODELETE);
}
