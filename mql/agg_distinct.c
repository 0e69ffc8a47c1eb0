/* agg_distinct.c - how many different values, from their hashes.
 *
 * Up to FEW the hashes themselves are kept and the count is exact. Beyond
 * that HyperLogLog (Flajolet et al. 2007, with 64-bit hashes as in Heule et
 * al. 2013): the first bits of a hash choose a register, which keeps the
 * longest run of zeros seen in front of the rest. 4,096 registers give a
 * standard error of 1.04 / sqrt(4096) = 1.6%. The estimate is Ertl's (2017),
 * which has no bias at small counts and needs no table to correct one.
 *
 * Both forms depend on the set of hashes alone, and which form it is as well:
 * so a merge gives the state that one pass would have given. */
#include "mql/agg.h"

#include <math.h>
#include <stdlib.h>

enum {
	FEW       = 512, /* as many bytes as there are registers */
	FIRST     = 4,
	INDEX     = 12, /* bits */
	REGISTERS = 1 << INDEX,
	MAX_RUN   = 64 - INDEX + 1,
};

/* --- registers ------------------------------------------------------------ */

static void
see(uint8_t *reg, uint64_t hash)
{
	const uint64_t rest = hash << INDEX;
	const unsigned run = rest ? 1 + (unsigned)__builtin_clzll(rest)
				  : MAX_RUN;
	uint8_t *r = &reg[hash >> (64 - INDEX)];

	if (*r < run)
		*r = (uint8_t)run;
}

static int
to_registers(struct agg_distinct *d)
{
	uint8_t *reg = calloc(REGISTERS, 1);

	if (!reg)
		return MQL_ENOMEM;
	for (uint32_t i = 0; i < d->n; i++)
		see(reg, d->hash[i]);
	free(d->hash);
	*d = (struct agg_distinct){ .reg = reg };
	return 0;
}

/* --- few ------------------------------------------------------------------ */

/* The place of the first hash that is not less. */
static uint32_t
place(const struct agg_distinct *d, uint64_t hash)
{
	uint32_t lo = 0, hi = d->n;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;
		if (d->hash[mid] < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
grow(struct agg_distinct *d)
{
	const uint32_t cap = d->cap ? d->cap * 2 : FIRST;
	uint64_t *hash = realloc(d->hash, cap * sizeof *hash);

	if (!hash)
		return MQL_ENOMEM;
	d->hash = hash;
	d->cap = cap;
	return 0;
}

static int
insert(struct agg_distinct *d, uint64_t hash)
{
	const uint32_t at = place(d, hash);
	int err;

	if (at < d->n && d->hash[at] == hash)
		return 0;
	if (d->n == FEW) {
		err = to_registers(d);
		if (!err)
			see(d->reg, hash);
		return err;
	}
	if (d->n == d->cap && (err = grow(d)))
		return err;
	memmove(&d->hash[at + 1], &d->hash[at],
		(d->n - at) * sizeof *d->hash);
	d->hash[at] = hash;
	d->n++;
	return 0;
}

/* --- input ---------------------------------------------------------------- */

int
agg_distinct_add(struct agg_distinct *d, uint64_t hash)
{
	if (!d->reg)
		return insert(d, hash);
	see(d->reg, hash);
	return 0;
}

int
agg_distinct_merge(struct agg_distinct *d, const struct agg_distinct *from)
{
	int err = 0;

	if (from->reg && !d->reg && (err = to_registers(d)))
		return err;
	for (uint32_t i = 0; !err && i < from->n; i++)
		err = agg_distinct_add(d, from->hash[i]);
	for (unsigned i = 0; from->reg && i < REGISTERS; i++)
		if (d->reg[i] < from->reg[i])
			d->reg[i] = from->reg[i];
	return err;
}

/* --- the estimate --------------------------------------------------------- */

/* Ertl's correction for registers that saw nothing, x of all of them:
 * x + sum of x^(2^k) * 2^(k-1) for k from 1 on. */
static double
sigma(double x)
{
	double power = x, weight = 1, sum = x, before;

	if (x >= 1)
		return HUGE_VAL;
	do {
		before = sum;
		power *= power;
		sum += power * weight;
		weight *= 2;
	} while (sum > before);
	return sum;
}

/* And for registers that are full, 1 - x of all of them. */
static double
tau(double x)
{
	double weight = 1, sum = 1 - x, before;

	if (x <= 0 || x >= 1)
		return 0;
	do {
		before = sum;
		x = sqrt(x);
		weight /= 2;
		sum -= (1 - x) * (1 - x) * weight;
	} while (sum < before);
	return sum / 3;
}

uint64_t
agg_distinct_estimate(const struct agg_distinct *d)
{
	const double m = REGISTERS, infinity = 0.5 / 0.69314718055994531;
	unsigned seen[MAX_RUN + 1] = { 0 };
	double z;

	if (!d->reg)
		return d->n;
	for (unsigned i = 0; i < REGISTERS; i++)
		seen[d->reg[i]]++;
	z = m * tau(1 - seen[MAX_RUN] / m);
	for (unsigned run = MAX_RUN - 1; run > 0; run--)
		z = (z + seen[run]) / 2;
	z += m * sigma(seen[0] / m);
	z = infinity * m * m / z;
	/* Every register full has no estimate but "all there are". */
	return z < 0x1p63 ? (uint64_t)(z + 0.5) : INT64_MAX;
}

/* --- the wire and the heap ------------------------------------------------ */

/* How many hashes and they; or FEW + 1 and the registers. */
void
agg_distinct_put(const struct agg_distinct *d, struct buf *out)
{
	agg_put_count(out, d->reg ? FEW + 1 : d->n);
	for (uint32_t i = 0; i < d->n; i++)
		buf_put_u64(out, d->hash[i]);
	if (d->reg)
		buf_put(out, d->reg, REGISTERS);
}

static int
get_registers(struct agg_distinct *d, struct str *in)
{
	struct str s;
	int err;

	if (agg_get_bytes(in, REGISTERS, &s))
		return MQL_EBADFRAME;
	for (unsigned i = 0; i < REGISTERS; i++)
		if ((uint8_t)s.ptr[i] > MAX_RUN)
			return MQL_EBADFRAME;
	err = to_registers(d);
	if (!err)
		memcpy(d->reg, s.ptr, REGISTERS);
	return err;
}

int
agg_distinct_get(struct agg_distinct *d, struct str *in)
{
	uint64_t n, hash;
	int err;

	if (agg_get_count(in, FEW + 1, &n))
		return MQL_EBADFRAME;
	if (n > FEW)
		return get_registers(d, in);
	for (; n; n--) {
		if (agg_get_u64(in, &hash))
			return MQL_EBADFRAME;
		err = insert(d, hash);
		if (err)
			return err;
	}
	return 0;
}

void
agg_distinct_fini(struct agg_distinct *d)
{
	free(d->hash);
	free(d->reg);
	*d = (struct agg_distinct){ 0 };
}

size_t
agg_distinct_heap(const struct agg_distinct *d)
{
	return d->cap * sizeof *d->hash + (d->reg ? REGISTERS : 0);
}
