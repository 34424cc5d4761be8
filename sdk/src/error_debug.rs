//! How errors are printed with `{:?}`, which is what a program prints that returns an error from
//! `main`.

/// Implements `Debug` for an error: `{:?}` prints the text of `Display`, and `{:#?}` the structure.
///
/// All variants, or after `struct` all fields, must be listed, which the compiler checks. For an
/// error that hands back a value of any type, the structure is only the variant's name.
macro_rules! debug_is_display {
    (struct $Error:ident { $($field:ident),+ $(,)? }) => {
        impl ::std::fmt::Debug for $Error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                if !f.alternate() {
                    return ::std::fmt::Display::fmt(self, f);
                }
                let Self { $($field),+ } = self;
                f.debug_struct(stringify!($Error))$(.field(stringify!($field), $field))+.finish()
            }
        }
    };
    ($Error:ident<$Value:ident> { $($Variant:ident),+ $(,)? }) => {
        impl<$Value> ::std::fmt::Debug for $Error<$Value> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                if !f.alternate() {
                    return ::std::fmt::Display::fmt(self, f);
                }
                match self {
                    $(Self::$Variant(..) => f.debug_tuple(stringify!($Variant)).finish_non_exhaustive(),)+
                }
            }
        }
    };
    ($Error:ident {
        $($Variant:ident $(($($position:ident),+))? $({$($field:ident),+})?),+ $(,)?
    }) => {
        impl ::std::fmt::Debug for $Error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                if !f.alternate() {
                    return ::std::fmt::Display::fmt(self, f);
                }
                match self {
                    $(Self::$Variant $(($($position),+))? $({$($field),+})? => {
                        $crate::error_debug::structure!(
                            f, $Variant $(($($position),+))? $({$($field),+})?
                        )
                    })+
                }
            }
        }
    };
}

macro_rules! structure {
    ($f:ident, $Variant:ident) => { $f.write_str(stringify!($Variant)) };
    ($f:ident, $Variant:ident ($($position:ident),+)) => {
        $f.debug_tuple(stringify!($Variant))$(.field($position))+.finish()
    };
    ($f:ident, $Variant:ident {$($field:ident),+}) => {
        $f.debug_struct(stringify!($Variant))$(.field(stringify!($field), $field))+.finish()
    };
}

pub(crate) use {debug_is_display, structure};
