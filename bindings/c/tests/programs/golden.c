/* Prints the schema hashes of messages of tests/schema/messages.rs, which are in tests/schema/golden.txt. */
#include <slotcast.h>
#include <stdio.h>

typedef struct Point {
    float x, y;
} Point;
SC_STRUCT(Point, "Point", 0, SC_FIELD(Point, x, SC_F32), SC_FIELD(Point, y, SC_F32));

typedef int16_t Gear;
SC_ENUM(Gear, "Gear", 0, SC_I16, SC_VARIANT("Reverse", -1), SC_VARIANT("Neutral", 0), SC_VARIANT("First", 1),
        SC_VARIANT("Fourth", 4));

/* Each other kind of field: the test has the same struct in Rust. */
typedef struct Kinds {
    struct {
        uint8_t len[8];
        Point elements[3];
    } path;
    struct {
        uint64_t len;
        uint64_t elements[2];
    } numbers;
    uint32_t letter;
    Gear gear;
    char name[8];
    bool on;
    uint8_t pad[1];
} Kinds;
SC_STRUCT(Kinds, "Kinds", 3, SC_NESTED_LIST(Kinds, path, Point, 3), SC_LIST(Kinds, numbers, SC_U64, 2),
          SC_FIELD(Kinds, letter, SC_CHAR), SC_NESTED(Kinds, gear, Gear), SC_TEXT(Kinds, name, 8),
          SC_FIELD(Kinds, on, SC_BOOL), SC_PAD(Kinds, pad));

typedef struct Meters {
    double value;
} Meters;
static const sc_field Meters_sc_fields[] = {
    {"0", 0, sizeof(double), NULL, 0, SC_KIND_ARRAY, SC_F64},
};
static const sc_type Meters_sc_type = {"Meters", sizeof(Meters), SC_ALIGNOF(Meters), Meters_sc_fields, NULL, 1, 0,
                                       SC_KIND_STRUCT, 0};

typedef struct Stamped {
    uint64_t stamp;
    double value;
} Stamped;
SC_STRUCT(Stamped, "Stamped", 0, SC_FIELD(Stamped, stamp, SC_U64), SC_FIELD(Stamped, value, SC_F64));

typedef struct StampedPoints {
    uint64_t stamp;
    Point value[2];
} StampedPoints;
SC_STRUCT(StampedPoints, "Stamped", 0, SC_FIELD(StampedPoints, stamp, SC_U64),
          SC_NESTED_ARRAY(StampedPoints, value, Point, 2));

typedef struct Samples12 {
    uint64_t stamp;
    uint64_t values[12];
} Samples12;
SC_STRUCT(Samples12, "Samples", 0, SC_FIELD(Samples12, stamp, SC_U64), SC_ARRAY(Samples12, values, SC_U64, 12));

typedef struct Padded {
    uint8_t kind;
    uint32_t value;
} Padded;
/* SC_STRUCT would not compile: this has no checks of what is between the fields, but the library has. */
SC_STRUCT_BEGIN(Padded)
SC_NAMED("kind", SC_FIELD(Padded, kind, SC_U8))
SC_NAMED("value", SC_FIELD(Padded, value, SC_U32))
SC_STRUCT_END(Padded, "Padded", 0);

static void print(const char *name, const sc_type *type) {
    sc_schema *schema = NULL;
    char hash[33] = "";
    if (sc_schema_describe(type, &schema) != SC_OK || sc_schema_hash(schema, hash) != SC_OK) {
        printf("%s\n", sc_last_error());
    } else {
        printf("%s %s\n", hash, name);
    }
    sc_schema_free(schema);
}

int main(void) {
    print("Point", SC_TYPE(Point));
    print("Meters", SC_TYPE(Meters));
    print("Stamped<f64>", SC_TYPE(Stamped));
    print("Stamped<[Point; 2]>", SC_TYPE(StampedPoints));
    print("Samples<12>", SC_TYPE(Samples12));
    print("Gear", SC_TYPE(Gear));
    print("Kinds", SC_TYPE(Kinds));
    print("Padded", SC_TYPE(Padded));
    print("null", NULL);
    return 0;
}
