"""What is left of a run, and how it travels: models, files, links, recipes, programs.

`saved` is a model as data; `checkpoint` is a model or a run as a file (`safetensors`);
`links` are both in an address, `qr` an address as a code; `twin` is a run as a program
of its own. All of it is data from outside until it is read, and none of it is executed.
"""
