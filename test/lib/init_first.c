/*
 * Preloaded after libasan on glibc 2.36 and older, linked with -z initfirst: PostgreSQL hangs there under a
 * preloaded AddressSanitizer unless something allocates before any other constructor does.
 */
#include <stdlib.h>

__attribute__((constructor)) static void allocate_early(void)
{
    void *volatile memory = malloc(1);

    free(memory);
}
