"""One module a family of formats: each turns a rendered page into the bytes of one file. None touches the disk."""
