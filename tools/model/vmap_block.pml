/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of mm/vmap_block.c and who may change them when.
 *
 * Blocks of NP pages on one CPU: NA allocators share its current block (one may
 * be an interrupt, so each keeps the other out where interrupts are off), NU
 * others unmap, NS take ready blocks to give them back or to use them (shrinker,
 * vb_steal()), and one holds vmap_purge_lock: vm_unmap_aliases(), a flush for
 * blocks alone, drain.  One is enough, because what must be flushed is asked
 * when it has the lock, which is later, and so more, than when another calls.
 *
 * An llist is a set here: that a block is taken from the front of vb_spare by
 * one at a time is given, and may fail for that any time.
 *
 * A step is one atomic instruction, or what only its process can see.  A loop
 * of try_cmpxchg() is one step: it computes from the value that it replaces.
 * All go on for ever; what must hold at the end is asserted whenever none is
 * in the middle of something.
 *
 * Weak memory: the PTEs that vm_unmap_ram() clears become visible one by one
 * and late; .pend are those that are not.  Barriers wait for it to be 0.  That
 * is all there is to model, because what follows a PTE is a release store or a
 * full barrier, and all others transfer ownership by full barriers, (D).
 *
 * Unmappers try any page and size, so most of their calls are mistakes.  Only
 * a map whose vm_map_ram() has not returned yet is spared, since whoever hits
 * somebody else's map destroys it and no one could tell.
 *
 * scripts/model searches all states of these sizes:
 *
 * Sizes:
 *	runs		-DNP=3 -DMAX=2 -DQUARTER=4
 *	shrinker	-DNS=1
 *	unmappers	-DNU=2
 *	interrupt	-DNA=2
 *	blocks		-DNB=3 -DNP=1
 *	lists		-DNB=2 -DNP=1 -DNS=1
 *
 * and shows that each of these mistakes, MUTATE=n, is found in one of them:
 *
 * Mistakes:
 *	1  runs		FREED by a plain store, before the PTEs are clear, (A)
 *	2  runs		no barrier between PTEs, FREED and .state, (B)
 *	3  runs		vb_aliases is read before the barrier, (C)
 *	4  runs		vb_aliases is set to 0 after the flush, (C)
 *	5  runs		harvest after the flush
 *	6  unmappers	VB_QUEUED not by the cmpxchg() that decides
 *	7  runs		retire does not queue
 *	8  unmappers	the claim by load and store
 *	9  runs		park does not look again
 *	10 runs		park looks again, but not in the cmpxchg()
 *	11 runs		reuse without flush if vb_aliases is 0
 *	12 runs		the harvest leaves FREED there
 *	13 runs		a block with all pages free is destroyed, whatever .state
 *	14 runs		a flush for blocks alone sets vb_aliases to 0, too
 */
#ifndef MUTATE
#define MUTATE 0
#endif
#ifndef HIDDEN
#define HIDDEN hidden
#endif
#ifndef NB
#define NB	1		/* blocks */
#endif
#ifndef NA
#define NA	1		/* allocators, one CPU's */
#endif
#ifndef NU
#define NU	1		/* unmappers */
#endif
#ifndef NS
#define NS	0		/* shrinkers */
#endif
#ifndef NP
#define NP	2		/* VB_PAGES */
#endif
#ifndef MAX
#define MAX	1		/* VMAP_MAX_ALLOC */
#endif
#ifndef QUARTER
#define QUARTER	1		/* VB_QUARTER */
#endif

/* state: count, at most NP and NU * MAX that are not subtracted yet, and */
#define OWNED	16
#define QUEUED	32
#define COUNT	15

/* map: a kind, and the number of pages less one */
#define LIVE	4
#define UNMAPPING 8
#define FREED	12
#define KIND	12

#define NONE	255
#define BIT(b)	(1 << (b))
#define BITS(p, n) (((1 << (n)) - 1) << (p))
#define MAP(b, p) map[(b) * NP + (p)]
#define MINE(u, b) mine[(u) * NB + (b)]
#define UP(n)	(((n) + QUARTER - 1) / QUARTER)
#define FLS(n)	(((n) > 0) + ((n) > 1) + ((n) > 3) + ((n) > 7))
#define WORTH(old, new) (UP(new) < UP(old) || FLS(new) < FLS(old))

/* struct vmap_block */
byte state[NB];
byte taken[NB];
byte free[NB];
byte count[NB];
byte map[NB * NP];
bool alive[NB];			/* hashed, not vb_destroy()ed */

/* struct vmap_block_cpu; stock has one place */
byte cur = NONE, next, end;
byte stock, spare, queued, flushing;	/* sets of blocks */
bool irq;			/* interrupts are off */
bool aliases;

/* Sets of pages that have a translation in memory, or in some CPU's TLB */
byte pte[NB], tlb[NB];

/* What only assertions look at */
byte inmap[NB];			/* pages between vb_take() and FREED */
byte given[NB];			/* vm_map_ram() has returned them */
byte claimed[NB];		/* UNMAPPING */
byte out[NB];			/* number between vb_take() and vb_put_pages() */
byte rcu[NB];			/* readers that have found it */
byte mine[NU * NB];		/* unmapped, but it has not returned yet */
byte ret[NB], snap[NB];		/* unmapped and returned, to be flushed */
byte invalid[NB];		/* ~pte when a flush began */
byte busy;			/* processes within a call */

HIDDEN byte i_, j_, k_, s_;

/* A block is touched by one who has a right to it. */
#define touch(b) assert(alive[b])

#define ON_A_LIST(b)							\
	((stock | spare | queued | flushing) & BIT(b) || cur == (b))

/* r = vb_find_run(b, from, n) */
inline find_run(b, from, n, r)
{
	r = from;
	do
	:: r + n > NP -> r = NP; break
	:: r + n <= NP && !(taken[b] & BITS(r, n)) -> break
	:: else -> r++
	od
}

/* Nobody is in the middle of anything: all must add up. */
inline quiet()
{
	for (i_ : 0 .. NB - 1) {
		k_ = 0;
		if
		:: stock & BIT(i_) -> k_++
		:: else
		fi;
		if
		:: spare & BIT(i_) -> k_++
		:: else
		fi;
		if
		:: cur == i_ -> k_++
		:: else
		fi;
		/* (e) ready or current if owned, on vb_queued if queued, once */
		assert(!alive[i_] || (k_ == 1) == ((state[i_] & OWNED) != 0));
		assert(k_ <= 1 && (alive[i_] || !k_));
		assert(!(flushing & BIT(i_)));
		assert(((queued & BIT(i_)) != 0) ==
		       (alive[i_] && (state[i_] & QUEUED) != 0));
		assert(!(state[i_] & OWNED && state[i_] & QUEUED));
		/* (e) or retired, and then somebody's map keeps it */
		assert(!alive[i_] || state[i_] & (OWNED | QUEUED) ||
		       (state[i_] & COUNT && given[i_]));
		/* (f) each page is free, in the current run, or in a map */
		k_ = free[i_];
		s_ = 0;
		if
		:: cur == i_ -> s_ = end - next
		:: else
		fi;
		for (j_ : 0 .. NP - 1) {
			if
			:: !(taken[i_] & BIT(j_)) -> k_--
			:: else
			fi;
			if
			:: MAP(i_, j_) -> s_ = s_ + (MAP(i_, j_) & 3) + 1
			:: else
			fi
		}
		assert(!alive[i_] || (!k_ && free[i_] + s_ == NP));
		/* (f) .state counts what is mapped or its owner's */
		s_ = out[i_];
		if
		:: state[i_] & OWNED -> s_ = s_ + free[i_]
		:: else
		fi;
		if
		:: cur == i_ -> s_ = s_ + end - next
		:: else
		fi;
		assert(!alive[i_] || (state[i_] & COUNT) == s_);
		assert(!claimed[i_] && !rcu[i_] && pte[i_] == inmap[i_])
	}
	i_ = 0; j_ = 0; k_ = 0; s_ = 0
}

/* Of each call, the first and the last of its steps */
inline enter()
{
	busy++
}

inline leave()
{
	busy--;
	if
	:: !busy -> quiet()
	:: else
	fi
}

/* llist_add(&vb->node, &vb_queued) */
inline queue(b)
{
	d_step {
		touch(b);
		assert(!ON_A_LIST(b));				/* (d) */
		assert(state[b] & QUEUED);
		queued = queued | BIT(b);
		q = false
	}
}

/* Then queue it if q is set */
inline retire(b)
{
	d_step {
		touch(b);
		assert(state[b] & OWNED && !ON_A_LIST(b));
		state[b] = state[b] - free[b] - OWNED;
#if MUTATE != 7
		q = WORTH(NP, state[b]);
#endif
		if
		:: q -> state[b] = state[b] | QUEUED
		:: else
		fi
	}
}

/* vb_stock_add(), or else llist_add() to vb_spare */
inline make_ready(b)
{
	d_step {
		touch(b);
		assert(state[b] & OWNED && !ON_A_LIST(b));	/* (d) */
		if
		:: !stock -> stock = BIT(b)
		:: else -> spare = spare | BIT(b)
		fi
	}
}

/* The lowest of a set of blocks, out of it */
inline pick(set, b)
{
	b = 0;
	do
	:: set & BIT(b) -> break
	:: else -> b++
	od;
	set = set & ~BIT(b)
}

/* vb_take_ready() */
inline take_ready(b)
{
	if
	:: stock -> pick(stock, b)
	:: else -> pick(spare, b)
	fi
}

/* The first run of cur, from its end on, of n pages and more; fits tells */
inline next_run()
{
	find_run(cur, end, n, p);
	fits = p < NP;
	if
	:: fits ->
		next = p;
		end = p;
		do
		:: end < NP && !(taken[cur] & BIT(end)) -> end++
		:: else -> break
		od;
		taken[cur] = taken[cur] | BITS(next, end - next);
		free[cur] = free[cur] - (end - next)
	:: else
	fi;
	p = 0
}

/*
 * vm_map_ram().  From where irq is set no other may, until it is cleared, use
 * what is this CPU's: its current block and run.
 */
proctype alloc()
{
	byte n, b = NONE, p;
	bool q, fits;

again:
	atomic {
		!irq -> irq = true;
		enter();
		if
		:: n = 1
		:: MAX > 1 -> n = MAX
		fi;
		d_step {
			fits = end - next >= n;
			if
			:: !fits && cur != NONE ->
				/* vb_end_run(), vb_next_run() */
				touch(cur);
				taken[cur] = taken[cur] & ~BITS(next, end - next);
				free[cur] = free[cur] + end - next;
				next = end;
				next_run();
				if
				:: !fits -> b = cur; cur = NONE; next = 0; end = 0
				:: else
				fi
			:: else
			fi
		}
		if
		:: fits -> goto take
		:: else
		fi;
		if
		:: b == NONE -> goto refill
		:: else
		fi;
		retire(b)
	}
	if
	:: q -> queue(b)
	:: else
	fi;
refill:
	atomic {
		b = NONE;
		if
		:: stock -> pick(stock, b); goto use
		:: else
		fi
	}
	/* vb_spare_del() */
	atomic {
		if
		:: spare -> pick(spare, b)
		:: goto create
		fi
	}
use:
	atomic {
		/* Ready is whatever has a run for any request */
		touch(b);
		assert(state[b] & OWNED && !ON_A_LIST(b));
		cur = b;
		next_run();
		assert(fits)
	}
take:
	atomic {
		/* vb_take() */
		b = cur;
		p = next;
		next = next + n;
		fits = false;
		touch(b);
		assert(!(inmap[b] & BITS(p, n)));		/* (a) */
		assert(!MAP(b, p) && !MAP(b, p + n - 1));
		MAP(b, p) = LIVE + n - 1;
		inmap[b] = inmap[b] | BITS(p, n);
		out[b] = out[b] + n;
		ret[b] = ret[b] & ~BITS(p, n);
		snap[b] = snap[b] & ~BITS(p, n);
		for (i_ : 0 .. NU - 1) {
			MINE(i_, b) = MINE(i_, b) & ~BITS(p, n)
		}
		i_ = 0;
		irq = false
	}
	d_step {
		/* vb_set_ptes() */
		touch(b);
		assert(!(pte[b] & BITS(p, n)));			/* (a) */
		assert(!(tlb[b] & BITS(p, n)));			/* (b) */
		pte[b] = pte[b] | BITS(p, n);
		tlb[b] = tlb[b] | BITS(p, n);
		given[b] = given[b] | BITS(p, n);
		b = NONE; p = 0; n = 0;
		leave()
	}
	goto again;

create:
	/* vb_create(), as the worker does it; the request has failed */
	atomic {
		irq = false;
		n = 0;
		b = 0;
		do
		:: b == NB -> b = NONE; break
		:: b < NB && !alive[b] && !rcu[b] ->
			alive[b] = true;
			state[b] = OWNED + NP;
			free[b] = NP;
			taken[b] = 0;
			break
		:: b < NB && (alive[b] || rcu[b]) -> b++
		od
	}
	if
	:: b != NONE -> make_ready(b)
	:: else
	fi;
	d_step { b = NONE; leave() }
	goto again
}

/* Cleared PTEs get visible, and not all together. */
inline some_pte_visible()
{
	d_step {
		j_ = pend & ~(pend - 1);
		touch(b);
		pte[b] = pte[b] & ~j_;
		pend = pend & ~j_;
		j_ = 0
	}
}

inline store_freed()
{
	touch(b);
	assert(MAP(b, p) == UNMAPPING + n - 1);
	MAP(b, p) = FREED + n - 1;
	claimed[b] = claimed[b] & ~BITS(p, n);
	inmap[b] = inmap[b] & ~BITS(p, n);
	MINE(u, b) = BITS(p, n)
}

/* vm_unmap_ram() */
proctype unmap(byte u)
{
	byte n, b, p, pend;
	bool q, al;

again:
	/* vb_find() under RCU; which pages makes no difference yet */
	atomic {
		select(b : 0 .. NB - 1);
		alive[b];
		rcu[b]++;
		enter()
	}
	/* The claim, of any pages, right or wrong */
	atomic {
		select(p : 0 .. NP - 1);
		select(n : 1 .. MAX);
		!(MAP(b, p) == LIVE + n - 1 && !(given[b] & BIT(p)));
		if
		:: MAP(b, p) == LIVE + n - 1
		:: else -> goto refused
		fi
#if MUTATE == 8
	}
	atomic {
#else
		;
#endif
		touch(b);
		/* One wins, of a map that is there */
		assert(!(claimed[b] & BITS(p, n)));
		assert((given[b] & BITS(p, n)) == BITS(p, n));
		MAP(b, p) = UNMAPPING + n - 1;
		claimed[b] = claimed[b] | BITS(p, n);
		given[b] = given[b] & ~BITS(p, n);
		rcu[b]--;
		pend = BITS(p, n)	/* vb_clear_ptes() */
	}
#if MUTATE == 3
	al = aliases;
#endif
	do
	:: pend -> some_pte_visible()
#if MUTATE == 1
	:: true -> d_step { store_freed() } break
#elif MUTATE == 2
	:: true -> break
#else
	:: !pend -> d_step { store_freed() } break	/* release, (A) */
#endif
	od;
	do
#if MUTATE == 2
	:: true ->
#else
	:: pend -> some_pte_visible()
	:: !pend ->		/* cmpxchg() is a full barrier, (B) */
#endif
		d_step {
			/* vb_put_pages() */
			touch(b);
			q = !(state[b] & (OWNED | QUEUED)) &&
			    WORTH(state[b], state[b] - n);
			assert((state[b] & COUNT) >= n);
			state[b] = state[b] - n;
			out[b] = out[b] - n;
#if MUTATE != 6
			if
			:: q -> state[b] = state[b] | QUEUED
			:: else
			fi
#endif
		}
		break
	od;
#if MUTATE == 6
	if
	:: q -> state[b] = state[b] | QUEUED
	:: else
	fi;
#endif
#if MUTATE == 2
	do
	:: pend -> some_pte_visible()
	:: !pend -> d_step { store_freed() } break
	od;
#endif
	if
	:: q -> queue(b)
	:: else
	fi;
	/* vb_note_alias(), (C) */
	atomic {
#if MUTATE != 3
		al = aliases;
#endif
		if
		:: al -> goto done
		:: else
		fi
	}
	aliases = true;
done:
	atomic {
		ret[b] = ret[b] | (MINE(u, b) & tlb[b]);
		MINE(u, b) = 0;
		b = 0; p = 0; n = 0; al = false;
		leave()
	}
	goto again;

refused:
	atomic {
		rcu[b]--;
		b = 0; p = 0; n = 0;
		leave()
	}
	goto again
}

/* vb_harvest() of all that are flushed for */
inline harvest()
{
	all = flushing;
	do
	:: all ->
		atomic {
			/* atomic_read_acquire(), (B) */
			pick(all, b);
			touch(b);
			count[b] = state[b] & COUNT;
			if
			:: !count[b] ->
				for (i_ : 0 .. NP - 1) {
					MAP(b, i_) = 0
				}
				i_ = 0;
				taken[b] = 0;
				free[b] = NP;
				i = NP
			:: else -> i = 0
			fi
		}
		do
		:: i < NP ->
			d_step {
				/* smp_load_acquire(), (A); none but we change FREED */
				touch(b);
				if
				:: (MAP(b, i) & KIND) == FREED ->
					k_ = (MAP(b, i) & 3) + 1;
					taken[b] = taken[b] & ~BITS(i, k_);
					free[b] = free[b] + k_;
					k_ = 0;
#if MUTATE != 12
					MAP(b, i) = 0
#endif
				:: else
				fi;
				i++
			}
		:: else -> b = 0; i = 0; break
		od
	:: else -> break
	od
}

inline xchg_aliases()
{
	atomic {
		al = aliases;
		aliases = false
	}
}

/*
 * A CPU that is flushed loads again what is still valid in memory.  One is
 * the first, another the last.  All if there are aliases, or these blocks.
 */
inline flush_tlb()
{
	d_step {
		for (i_ : 0 .. NB - 1) {
			invalid[i_] = (al || flushing & BIT(i_) ->
				       ~pte[i_] : 0)
		}
		i_ = 0
	}
	d_step {
		for (i_ : 0 .. NB - 1) {
			tlb[i_] = tlb[i_] & ~invalid[i_];
			ret[i_] = ret[i_] & tlb[i_];
			snap[i_] = snap[i_] & tlb[i_];
			invalid[i_] = 0
		}
		i_ = 0
	}
}

/* vb_park(); then queue it if q is set */
inline park(b)
{
#if MUTATE == 10
	q = WORTH(count[b], state[b] & COUNT);
#endif
	d_step {
		touch(b);
#if MUTATE != 9 && MUTATE != 10
		q = WORTH(count[b], state[b] & COUNT);
#endif
		if
		:: !q -> state[b] = state[b] & ~QUEUED
		:: else
		fi;
		count[b] = 0
	}
}

/* vb_unused(): nothing of b, which is ours, is mapped or being unmapped. */
#if MUTATE == 13
#define UNUSED(b) (free[b] == NP)
#else
#define UNUSED(b) (free[b] == NP && state[b] == OWNED + NP)
#endif

inline destroy(b)
{
	d_step {
		touch(b);
		assert(!ON_A_LIST(b));				/* (d) */
		assert(state[b] & OWNED && !(state[b] & QUEUED));
		assert(!inmap[b] && !pte[b] && !claimed[b]);
		alive[b] = false;
		state[b] = 0;
		free[b] = 0
	}
}

/* Who holds vmap_purge_lock */
proctype flusher()
{
	byte b, i, all;
	bool q, al, nr, whole;

again:
	atomic {
		enter();
		if
		:: whole = true		/* vm_unmap_aliases() */
		:: true			/* vb_flush() */
		:: stock | spare -> goto drain
		fi;
		for (i_ : 0 .. NB - 1) {
			snap[i_] = (whole -> ret[i_] : 0)
		}
		i_ = 0;
		flushing = queued;
		queued = 0;
		nr = flushing != 0
	}
#if MUTATE != 5
	harvest();
#endif
	if
#if MUTATE == 4
	:: whole -> al = aliases
#else
	:: whole -> xchg_aliases()
#endif
#if MUTATE == 14
	:: !whole -> aliases = false
#else
	:: !whole
#endif
	fi;
	if
#if MUTATE == 11
	:: al || (nr && !whole) -> flush_tlb()
#else
	:: al || nr -> flush_tlb()
#endif
	:: else
	fi;
#if MUTATE == 4
	if
	:: whole -> xchg_aliases()
	:: else
	fi;
#endif
#if MUTATE == 5
	harvest();
#endif
	/* vmap_block_flush_end() */
	do
	:: flushing ->
		atomic {
			pick(flushing, b);
			find_run(b, 0, MAX, i);
			if
			:: i < NP -> goto ready
			:: else
			fi
		}
		park(b);
		if
		:: q -> queue(b)
		:: else
		fi;
		goto other;
ready:
		atomic {
			touch(b);
			assert(state[b] & QUEUED);
			state[b] = state[b] + free[b] + OWNED - QUEUED;
			count[b] = 0
		}
		if
		:: UNUSED(b) -> destroy(b)	/* too many are spare */
		:: make_ready(b)
		fi;
other:
		b = 0;
		i = 0
	:: else -> break
	od;
	atomic {
		for (i_ : 0 .. NB - 1) {
			assert(!snap[i_])				/* (c) */
		}
		i_ = 0;
		al = false;
		nr = false;
		whole = false;
		leave()
	}
	goto again;

drain:
	/* vmap_block_drain() but for its vb_flush() */
	do
	:: atomic { stock | spare -> take_ready(b) }
		if
		:: UNUSED(b) -> destroy(b)
		:: else ->
			retire(b);
			if
			:: q -> queue(b)
			:: else
			fi
		fi;
		b = 0
	:: !(stock | spare) -> break
	od;
	atomic { leave() }
	goto again
}

/* vb_shrink_scan(); vb_steal() takes a block and puts it back no other way */
proctype shrinker()
{
	byte b, used;

again:
	atomic {
		stock | spare -> enter();
		take_ready(b)
	}
	do
	:: true ->
		if
		:: UNUSED(b) -> destroy(b)
		:: else -> used = used | BIT(b)
		fi;
		atomic {
			if
			:: stock | spare -> take_ready(b)
			:: b = 0; break
			fi
		}
	od;
	do
	:: used ->
		atomic { pick(used, b) }
		make_ready(b);
		b = 0
	:: else -> break
	od;
	atomic { leave() }
	goto again
}

init
{
	byte i;

	atomic {
		for (i : 1 .. NA) {
			run alloc()
		}
		for (i : 0 .. NU - 1) {
			run unmap(i)
		}
#if NS
		for (i : 1 .. NS) {
			run shrinker()
		}
#endif
		run flusher();
		i = 0
	}
}
