#include "definition/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/text.h"

namespace fermata::definition {
namespace {

Error refuse(const YAML::Mark& mark, std::string_view what, std::string help = {},
             std::string_view code = "YAML_INVALID") {
  return make_error(code == "YAML_INVALID" ? ErrorKind::Invalid : ErrorKind::TooLarge, code,
                    format("{} at line {}, column {}", what, mark.line + 1, mark.column + 1),
                    std::move(help));
}

// The core schema of YAML 1.2, section 10.3.2.
json::Value plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return json::Value(nullptr);
  if (text == "true" || text == "True" || text == "TRUE") return json::Value(true);
  if (text == "false" || text == "False" || text == "FALSE") return json::Value(false);
  std::string_view digits = text;
  if (digits.front() == '+') digits.remove_prefix(1);
  std::int64_t whole = 0;
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0o")) base = 8;
  if (base != 10) digits.remove_prefix(2);
  const auto as_whole = std::from_chars(digits.data(), digits.data() + digits.size(), whole, base);
  if (!digits.empty() && as_whole.ec == std::errc{} &&
      as_whole.ptr == digits.data() + digits.size())
    return json::Value(whole);
  const bool looks_real = base == 10 && !digits.empty() &&
                          digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
                          digits.find_first_of("0123456789") != std::string_view::npos;
  double real = 0;
  if (looks_real) {
    const auto as_real = std::from_chars(digits.data(), digits.data() + digits.size(), real);
    if (as_real.ec == std::errc{} && as_real.ptr == digits.data() + digits.size())
      return json::Value(real);
  }
  return json::Value(text);
}

// Thrown through yaml-cpp to stop it, and caught in read_yaml.
struct Stop {
  Error error;
};

// Builds the value from the parser's events, so that nothing is expanded before it is counted.
class Builder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      throw Stop{refuse(mark, "a second document", "keep one document in a file")};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, json::Value(nullptr));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Stop{refuse(mark, "an alias of a value that is not complete")};
    count(mark, found->second.nodes);
    add(mark, 0, found->second.value, found->second.nodes);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check_tag(mark, tag);
    if (text.find('\0') != std::string::npos) throw Stop{refuse(mark, "text contains U+0000")};
    add(mark, anchor, tag == "!" ? json::Value(text) : plain_scalar(text));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, json::Value(json::Array{}));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, json::Value(json::Object{}));
  }
  void OnMapEnd() override { close(); }

  json::Value take() { return std::move(result_); }
  [[nodiscard]] bool is_empty() const { return documents_ == 0; }

 private:
  struct Open {
    json::Value value;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    std::size_t nodes = 1;
    std::optional<std::string> key;
  };
  struct Anchored {
    json::Value value;
    std::size_t nodes;
  };

  void count(const YAML::Mark& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > limits::kYamlNodesMax) {
      throw Stop{refuse(mark, format("more than {} values", limits::kYamlNodesMax),
                        "use fewer aliases", "YAML_TOO_LARGE")};
    }
  }
  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Stop{refuse(mark, format("tag `{}`", tag), "remove the tag")};
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            json::Value empty) {
    check_tag(mark, tag);
    if (stack_.size() >= limits::kJsonDepthMax) {
      throw Stop{refuse(mark, format("nested deeper than {} levels", limits::kJsonDepthMax),
                        "flatten the document", "YAML_TOO_DEEP")};
    }
    if (!stack_.empty() && stack_.back().value.is_object() && !stack_.back().key) {
      throw Stop{refuse(mark, "a key that is not text", "write keys as plain or quoted text")};
    }
    count(mark, 1);
    stack_.push_back({std::move(empty), anchor, mark, 1, std::nullopt});
  }
  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    const std::size_t nodes = done.nodes;
    nodes_ -= nodes;  // counted while open; add() counts the whole once more
    count(done.mark, nodes - 1);
    add(done.mark, done.anchor, std::move(done.value), nodes);
  }
  void add(const YAML::Mark& mark, YAML::anchor_t anchor, json::Value value,
           std::size_t nodes = 1) {
    if (nodes == 1) count(mark, 1);
    if (anchor != 0) anchors_[anchor] = {value, nodes};
    if (stack_.empty()) {
      result_ = std::move(value);
      return;
    }
    Open& parent = stack_.back();
    if (parent.value.is_array()) {
      parent.value.get_array().push_back(std::move(value));
      parent.nodes += nodes;
      return;
    }
    if (!parent.key) {
      take_key(mark, value, parent);
      return;
    }
    parent.value.get_object().emplace(*parent.key, std::move(value));
    parent.nodes += nodes;
    parent.key.reset();
  }
  static void take_key(const YAML::Mark& mark, const json::Value& value, Open& parent) {
    std::string key;
    if (value.is_string()) {
      key = json::to_std(value.get_string());
    } else if (!value.is_structured() && !value.is_null()) {
      key = json::to_text(value);
    } else {
      throw Stop{refuse(mark, "a key that is not text", "write keys as plain or quoted text")};
    }
    if (key == "<<") throw Stop{refuse(mark, "a merge key `<<`", "write the members out")};
    if (parent.value.get_object().contains(key))
      throw Stop{
          refuse(mark, format("key `{}` stands twice", key), "remove or rename one of them")};
    parent.key = std::move(key);
  }

  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  json::Value result_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

}  // namespace

Result<json::Value> read_yaml(std::string_view text) {
  Builder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    return stop.error;
  } catch (const YAML::Exception& wrong) {
    return refuse(wrong.mark, wrong.msg, "the document must be YAML 1.2");
  }
  if (builder.is_empty())
    return make_error(ErrorKind::Invalid, "YAML_INVALID", "the document is empty");
  return builder.take();
}

}  // namespace fermata::definition
