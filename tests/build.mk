# Each folder lists its own tests.
include $(sort $(wildcard tests/*/build.mk))
