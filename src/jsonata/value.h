#pragma once
// Val: a value while an expression runs. Input values are borrowed, never copied; what the
// expression makes is shared. A Val that borrows lives at most as long as the evaluation's input.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"
#include "jsonata/ast.h"

namespace fermata::jsonata {

enum class Tag : std::uint8_t { Undefined, Null, Bool, Number, String, Array, Object, Function };

struct ArrayData;
struct ObjectData;
struct FunctionData;

class Val {
 public:
  Val() = default;
  static Val null() { return Val(Tag::Null); }
  static Val boolean(bool flag) {
    Val v(Tag::Bool);
    v.flag_ = flag;
    return v;
  }
  static Val number(double number) {
    Val v(Tag::Number);
    v.number_ = number;
    return v;
  }
  static Val text(std::string text);
  static Val borrow(const json::Value& value);
  static Val array(std::shared_ptr<ArrayData> data);
  static Val object(std::shared_ptr<ObjectData> data);
  static Val function(std::shared_ptr<FunctionData> data);

  [[nodiscard]] Tag tag() const { return tag_; }
  [[nodiscard]] bool is_undefined() const { return tag_ == Tag::Undefined; }
  [[nodiscard]] bool is_null() const { return tag_ == Tag::Null; }
  [[nodiscard]] bool is_bool() const { return tag_ == Tag::Bool; }
  [[nodiscard]] bool is_number() const { return tag_ == Tag::Number; }
  [[nodiscard]] bool is_text() const { return tag_ == Tag::String; }
  [[nodiscard]] bool is_array() const { return tag_ == Tag::Array; }
  [[nodiscard]] bool is_object() const { return tag_ == Tag::Object; }
  [[nodiscard]] bool is_function() const { return tag_ == Tag::Function; }

  [[nodiscard]] bool as_bool() const { return flag_; }
  [[nodiscard]] double as_number() const { return number_; }
  [[nodiscard]] std::string_view as_text() const;
  [[nodiscard]] const FunctionData& as_function() const;

  // Arrays.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Val at(std::size_t index) const;
  [[nodiscard]] ArrayData* own_array() const;  // null when borrowed
  [[nodiscard]] bool is_sequence() const;
  [[nodiscard]] bool is_cons() const;

  // Objects. Members in written order.
  [[nodiscard]] std::size_t member_count() const;
  [[nodiscard]] std::pair<std::string_view, Val> member(std::size_t index) const;
  [[nodiscard]] Val get(std::string_view key) const;
  [[nodiscard]] ObjectData* own_object() const;  // null when borrowed

 private:
  explicit Val(Tag tag) : tag_(tag) {}
  Tag tag_ = Tag::Undefined;
  bool flag_ = false;
  double number_ = 0;
  const json::Value* borrowed_ = nullptr;
  std::shared_ptr<void> owned_;
};

struct ArrayData {
  std::vector<Val> items;
  bool is_sequence = false;  // made by the engine: a single item stands for itself
  bool keep_singleton = false;
  bool is_outer_wrapper = false;  // the whole input, when it is an array
  bool is_cons = false;           // written as [ … ]: stays an array inside a sequence
};

struct ObjectData {
  std::vector<std::pair<std::string, Val>> members;
  [[nodiscard]] Val* find(std::string_view key);
  void set(std::string key, Val value);
};

struct Environment;
struct Signature;
class Evaluator;
struct Native;

struct FunctionData {
  // A lambda: its node (owned by the program) and the scope it was made in …
  const Node* lambda = nullptr;
  Val context;
  std::shared_ptr<Environment> scope;
  std::shared_ptr<const Signature> signature;
  // … or a built-in …
  const Native* native = nullptr;
  // … or something made on the way: a partial application, a composition, a regex, a transformer.
  std::function<Val(Evaluator&, std::vector<Val>&)> run;
  std::size_t arity = 0;
  // A pending tail call instead of a function: procedure and arguments.
  bool is_tail_call = false;
  Val procedure;
  std::vector<Val> arguments;
  std::shared_ptr<const void> regex;  // regex.h
};

// A new sequence, empty or of one item.
Val sequence();
Val sequence(Val item);
void push(const Val& array, Val item);
Val list(std::vector<Val> items);

bool deep_equal(const Val& left, const Val& right);
// The language's truth (docs: Boolean expressions).
bool truthy(const Val& value);

}  // namespace fermata::jsonata
