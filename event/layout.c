/* layout.c - see layout.h. */
#include "event/built.h"

enum { PATIENCE = 8 }; /* events before another layout is learned */

uint16_t
layout_find(struct layout *s, uint64_t era, unsigned slot, struct str key)
{
	uint16_t i = 0;

	if (s->era != era) {
		memset(s->field, 0xff, sizeof s->field);
		s->era = era;
	}
	if (s->field[slot] != LAYOUT_UNKNOWN)
		return s->field[slot];
	while (i < s->nkey && (s->key[i].parent >= 0 ||
	       !str_eq((struct str){ s->text + s->key[i].at, s->key[i].len },
		       key)))
		i++;
	s->field[slot] = i < s->nkey ? i : LAYOUT_ABSENT;
	return s->field[slot];
}

/* As many keys as there is room for. */
static void
learn(struct layout *s, const struct built *b)
{
	s->era = 0;
	s->nkey = s->ntext = 0;
	for (unsigned i = 0; i < b->nfield; i++) {
		struct str key = b->field[i].key;

		if (key.len >= (size_t)(LAYOUT_TEXT - s->ntext))
			return;
		s->key[s->nkey++] = (struct layout_key){
			s->ntext, (uint16_t)key.len, b->field[i].parent,
		};
		if (key.len)
			memcpy(s->text + s->ntext, key.ptr, key.len);
		s->ntext = (uint16_t)(s->ntext + key.len + 1);
		s->text[s->ntext - 1] = '\0';
	}
}

void
layout_missed(struct layout *s, const struct built *b)
{
	if (s->events - s->missed > 1)
		s->misses = 0;
	s->missed = s->events;
	if (++s->misses < PATIENCE)
		return;
	learn(s, b);
	s->misses = 0;
}
