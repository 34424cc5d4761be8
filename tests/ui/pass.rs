//! The twins of the programs that must not compile: the same programs with the mistake corrected.
//! They are modules of this test, so they compile if it does.
#![allow(dead_code, reason = "they are only compiled")]
#![allow(clippy::used_underscore_items, clippy::no_effect_underscore_binding)]

mod attributes {
    mod crate_not_a_path;
    mod hash_changed;
    mod hash_not_hexadecimal;
    mod hash_too_short;
    mod in_place;
    mod in_place_enum;
    mod name_empty;
    mod name_not_a_string;
    mod name_on_field;
    mod name_with_space;
    mod name_without_value;
    mod no_parentheses;
    mod several;
    mod twice;
    mod twice_apart;
    mod unit_empty;
    mod unit_on_type;
    mod unit_twice;
    mod unknown;
    mod unknown_on_field;
    mod version_not_a_number;
    mod version_too_large;
}

mod containers {
    mod list_of_capacity_zero;
    mod list_of_strings;
    mod list_of_wide_integers;
    mod publish_foreign;
    mod publish_string;
    mod publish_underived;
    mod str_of_capacity_zero;
    mod topic_character;
    mod topic_empty;
    mod topic_hidden;
    mod topic_leading_slash;
    mod topic_of_another_type;
}

mod enums {
    mod destructor;
    mod empty;
    mod fields;
    mod generic;
    mod setting_on_variant;
}

mod events {
    mod fields;
    mod not_an_id;
    mod structure;
    mod wide;
    mod without_repr;
}

mod fields {
    mod atomic;
    mod cell;
    mod destructor;
    mod duration;
    mod empty_array;
    mod foreign_type;
    mod instant;
    mod isize;
    mod map;
    mod mutex;
    mod non_zero;
    mod option;
    mod path;
    mod result;
    mod several;
    mod several_types;
    mod slice;
    mod string;
    mod text_slice;
    mod tuple;
    mod tuple_and_time;
    mod underived;
    mod union;
    mod unit;
    mod usize;
    mod vec;
    mod vec_in_array;
}

mod generics {
    mod argument_not_a_message;
    mod heap_of_parameter;
    mod lifetime;
    mod marker;
    mod marker_plain;
    mod pinned;
}

mod handles {
    mod header_of_fixed_size;
    mod loan_after_send;
    mod loan_not_written;
    mod loan_of_another_type;
    mod loan_sent_twice;
    mod not_a_message;
    mod published_by_value;
    mod publisher_not_mutable;
    mod publisher_shared;
    mod sample_changed;
    mod subscriber_shared;
    mod taken_while_iterating;
    mod text;
    mod topic_of_another_type;
}

mod hygiene {
    mod defined_by_macro;
    mod own_vec;
    mod padding_defined_by_macro;
    mod padding_reported_once;
    mod raw_identifier;
    mod reported_once;
}

mod padding {
    mod after_enum;
    mod at_end;
    mod before_field;
    mod by_alignment;
    mod in_const_generic;
    mod in_generic;
    mod nested_message;
    mod several;
    mod tuple_struct;
    mod wide_integer;
}

mod pointers {
    mod behind_alias;
    mod boxed;
    mod counted;
    mod function;
    mod in_array;
    mod mutable;
    mod raw;
    mod reference;
    mod shared;
    mod slice_reference;
    mod text_reference;
    mod trait_object;
}

mod representation {
    mod enum_aligned;
    mod enum_missing;
    mod enum_repr_c;
    mod enum_usize;
    mod missing;
    mod no_fields;
    mod only_aligned;
    mod packed;
    mod packed_two;
    mod rust;
    mod union;
    mod unit_struct;
}

mod services {
    mod header_not_copy;
    mod reason_text;
    mod request_string;
    mod response_underived;
    mod sent_after_the_end;
    mod slice_of_references;
}

mod values {
    mod changed_by_reader;
    mod on_the_heap;
    mod seen_beyond_the_next;
}

mod zero_copy {
    mod filled_with_bool;
    mod filled_with_header;
    mod loan_of_enum;
    mod loan_of_parameter;
    mod loan_slice_with_enum;
    mod loan_with_enum;
    mod partial_with_char;
}
