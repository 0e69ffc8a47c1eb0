/* fuzz_frame.c - any bytes as a frame: through the header and the decoder of
 * its kind. What decodes must encode, and decode again to the same. */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/any.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;

	if (!any_decode(data, size, &once) && once.len && !once.err) {
		if (any_decode(once.data, once.len, &twice) ||
		    twice.len != once.len ||
		    memcmp(once.data, twice.data, once.len))
			abort();
	}
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
