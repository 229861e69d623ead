"""A city that runs: the loop on a scaled clock, with state that outlives the process.

`life` wires one brain with its field, `setting` says what runs, `folder` where its state lies;
`census` numbers what there is, `present` tells pages how things stand.
"""
