#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scaling: what the model computes from fixed counts, and that nothing is
# computed from counts that are not there.

load common

# of CASE KERNEL CPUS: speedup, ceiling and limit in the last output
of()
{
	grep "^$1 *$2 *$3 " <<<"$output" | awk -v skip="$(wc -w <<<"$1 $2 $3")" \
		'{ print $(skip + 1), $(skip + 2), $(skip + 3) }'
}

# without CASE METRIC: the counts but for that row
without()
{
	grep -v "\"case\": \"$1\", \"metric\": \"$2\"" \
		"$DATA/scaling.json" >out.json
}

@test "the tables" {
	expect 0 scaling "$DATA/scaling.json"
	same "$DATA/scaling.expect"
	expect 0 scaling --rst "$DATA/scaling.json"
	[ "$(grep -c '^===' <<<"$output")" = 3 ]
	hasnt predicted
}

@test "the limits by hand" {
	# Without transfers and IPIs: CPUs / instructions, and what is serial
	expect 0 scaling --transfer 0 --ipi 0 --node-hold 0 "$DATA/scaling.json"
	# 8 / 2000; a lock of 50 instructions an operation
	[ "$(of 'vmap, 4 pages' vanilla 8)" = "8.0 4.0 CPUs" ]
	[ "$(of 'vmap, 4 pages' vanilla 64)" = "40.0 20.0 free_vmap_area_lock" ]
	[ "$(of 'vmap, 4 pages' patched 256)" = "256.0 256.0 CPUs" ]
	# one line of 100 ns * 7/8 an operation
	expect 0 scaling --ipi 0 --node-hold 0 "$DATA/scaling.json"
	has " 11.4 "
	# a purge that takes longer than anything else
	expect 0 scaling --transfer 0 --ipi 1000000 "$DATA/scaling.json"
	[ "$(of 'vmap, 4 pages' vanilla 256 | cut -d' ' -f3)" = purge ]
}

@test "what is absent or broken" {
	without scaling/vmap4 lazy_adds
	expect 4 scaling out.json
	has "has no row scaling/vmap4 lazy_adds"
	has "run 'make bench' again"
	sed 's/"vanilla": 2000/"vanilla": null/' "$DATA/scaling.json" >out.json
	expect 4 scaling out.json
	has "vanilla of row vmap/4-steady insn is no number"
	sed 's/"vanilla": 2000/"vanilla": 0/' "$DATA/scaling.json" >out.json
	expect 4 scaling out.json
	has "is 0, more is expected"
	echo '{}' >out.json
	expect 4 scaling out.json
	has "is no result of bench compare --json"
	expect 4 scaling nowhere.json
	has "cannot read nowhere.json"
	expect 4 scaling
	has "one result is expected, 0 are given"
	expect 4 scaling --transfer -1 "$DATA/scaling.json"
	has "--transfer is '-1'; give nanoseconds"
	expect 4 scaling --what "$DATA/scaling.json"
}
