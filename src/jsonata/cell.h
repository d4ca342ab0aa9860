#pragma once
// Cell: a value while an expression runs, 16 bytes, copied freely. It points into the input, which
// is never copied, into the program (constants), or into the evaluation's arena. INVARIANT: a Cell
// lives no longer than all three. Flags of arrays (sequence, cons, …) are the language's own: see
// List. Where next: run.h.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "json/value.h"

namespace fermata::jsonata {

enum class Tag : std::uint8_t {
  Undefined,
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
  Function,
  // Not values of the language:
  Failed,    // the run holds the failure; every caller hands it on
  TailCall,  // the run holds the call that is still to be made
  Unbound,   // a slot that no one has bound yet
  Tuple,     // a row of a path that carries bindings: a Frame
};

struct List;
struct Record;
struct Function;
struct Frame;

// Flags of a Cell.
inline constexpr std::uint8_t kForeign = 1;  // Array, Object: points at the input's own value
inline constexpr std::uint8_t kAscii = 2;    // String: known to be ASCII

struct Cell {
  Tag tag = Tag::Undefined;
  std::uint8_t flags = 0;
  std::uint32_t size = 0;  // String: bytes
  union {
    std::uint64_t bits = 0;
    double number;
    bool flag;
    const char* text;
    List* list;
    Record* record;
    const Function* function;
    Frame* tuple;
    const json::Array* foreign_array;
    const json::Object* foreign_object;
  };

  [[nodiscard]] bool is(Tag wanted) const { return tag == wanted; }
  [[nodiscard]] bool is_undefined() const { return tag == Tag::Undefined; }
  [[nodiscard]] bool is_failed() const { return tag == Tag::Failed; }
  [[nodiscard]] bool is_foreign() const { return (flags & kForeign) != 0; }
  [[nodiscard]] bool is_text() const { return tag == Tag::String; }
  [[nodiscard]] bool is_array() const { return tag == Tag::Array; }
  [[nodiscard]] std::string_view view() const { return {text, size}; }

  static Cell of(Tag tag) {
    Cell cell;
    cell.tag = tag;
    return cell;
  }
  static Cell null() { return of(Tag::Null); }
  static Cell boolean(bool flag) {
    Cell cell = of(Tag::Bool);
    cell.bits = flag ? 1 : 0;
    return cell;
  }
  static Cell real(double number) {
    Cell cell = of(Tag::Number);
    cell.number = number;
    return cell;
  }
  static Cell string(std::string_view text, std::uint8_t flags = 0) {
    Cell cell = of(Tag::String);
    cell.flags = flags;
    cell.size = static_cast<std::uint32_t>(text.size());
    cell.text = text.data();
    return cell;
  }
  static Cell array(List* list) {
    Cell cell = of(Tag::Array);
    cell.list = list;
    return cell;
  }
  static Cell object(Record* record) {
    Cell cell = of(Tag::Object);
    cell.record = record;
    return cell;
  }
  static Cell of_function(const Function* function) {
    Cell cell = of(Tag::Function);
    cell.function = function;
    return cell;
  }
  static Cell of_tuple(Frame* tuple) {
    Cell cell = of(Tag::Tuple);
    cell.tuple = tuple;
    return cell;
  }
};
static_assert(sizeof(Cell) == 16);

// An array that the evaluation made.
struct List {
  Cell* items = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  bool is_sequence = false;     // made by the engine: a single item stands for itself …
  bool keep_singleton = false;  // … unless this says otherwise
  bool is_cons = false;         // written as [ … ] at a path's border: stays one item
  bool is_outer = false;        // wraps the whole input when that is an array
  bool is_tuples = false;       // rows, not values
};

struct Key {
  const char* text = nullptr;
  std::uint32_t size = 0;
  [[nodiscard]] std::string_view view() const { return {text, size}; }
};

// An object that the evaluation made. A value that is undefined is a member that is not there.
struct Record {
  const Key* keys = nullptr;
  Cell* values = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity =
      0;  // 0: the keys belong to the program and are copied before they change
  std::uint32_t* table = nullptr;  // places by hash, when there are many members
  std::uint32_t table_size = 0;
};

inline Cell of_json(const json::Value& value) {
  using boost::json::kind;
  switch (value.kind()) {
    case kind::null:
      return Cell::null();
    case kind::bool_:
      return Cell::boolean(value.get_bool());
    case kind::int64:
      return Cell::real(static_cast<double>(value.get_int64()));
    case kind::uint64:
      return Cell::real(static_cast<double>(value.get_uint64()));
    case kind::double_:
      return Cell::real(value.get_double());
    case kind::string:
      return Cell::string({value.get_string().data(), value.get_string().size()});
    case kind::array: {
      Cell cell = Cell::of(Tag::Array);
      cell.flags = kForeign;
      cell.foreign_array = &value.get_array();
      return cell;
    }
    case kind::object: {
      Cell cell = Cell::of(Tag::Object);
      cell.flags = kForeign;
      cell.foreign_object = &value.get_object();
      return cell;
    }
  }
  return {};
}

// The items of an array, or one item that stands alone.
class Items {
 public:
  // An array's items; for anything else the value itself as the one item.
  explicit Items(const Cell& cell) {
    if (!cell.is_array()) {
      one_ = cell;
      own_ = &one_;
      size_ = 1;
    } else if (cell.is_foreign()) {
      foreign_ = cell.foreign_array->data();
      size_ = cell.foreign_array->size();
    } else {
      own_ = cell.list->items;
      size_ = cell.list->size;
    }
  }
  Items(const Items&) = delete;
  Items& operator=(const Items&) = delete;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Cell at(std::size_t index) const {
    return foreign_ != nullptr ? of_json(foreign_[index]) : own_[index];
  }

 private:
  const json::Value* foreign_ = nullptr;
  const Cell* own_ = nullptr;
  std::size_t size_ = 0;
  Cell one_;
};

inline bool is_sequence(const Cell& cell) {
  return cell.is_array() && !cell.is_foreign() && cell.list->is_sequence;
}
inline bool is_cons(const Cell& cell) {
  return cell.is_array() && !cell.is_foreign() && cell.list->is_cons;
}

// The member's value; undefined when the object has none.
Cell find_member(const Cell& object, std::string_view key);
// The same for a place in the program that looks for one key again and again: `hint` remembers
// where it was.
Cell find_member(const Cell& object, const Key& key, std::uint32_t& hint);

// Members in the language's order: keys that are array indexes first, ascending, then as written.
class Members {
 public:
  explicit Members(const Cell& object);
  ~Members() { delete[] order_; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;
  // Moves to the next member; false at the end.
  bool next();
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] const Cell& value() const { return value_; }

 private:
  void load(std::size_t index);
  const Cell object_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  std::uint32_t* order_ = nullptr;
  std::string_view key_;
  Cell value_;
};
// How many members there are.
std::size_t member_count(const Cell& object);

}  // namespace fermata::jsonata
