//! The derive macro of the `slotcast` crate.

/// Makes a struct a message.
#[proc_macro_derive(ShmMessage, attributes(shm))]
pub fn derive_shm_message(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let _ = input;
    proc_macro::TokenStream::new()
}
