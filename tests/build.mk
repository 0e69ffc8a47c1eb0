# Each folder lists its own tests, each fuzzer itself.
include $(sort $(wildcard tests/*/build.mk tests/fuzz/*.mk))
