//! The examples are in the folder above this one: the larger ones in folders of their own, each of the others in one
//! file.
