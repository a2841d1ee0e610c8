# The scripts do the work; these are their names for those who type make.
.PHONY: demo test setup check
demo test setup:
	script/$@
check:
	script/setup node
	PATH="$$PWD/node_modules/.bin:$$PATH" node script/lib/check.ts
