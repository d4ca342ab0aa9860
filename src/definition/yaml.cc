#include "definition/yaml.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "definition/yaml_scalar.h"
#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::definition {
namespace {

std::string position(const YAML::Mark& mark) {
  return mark.is_null() ? "the end" : format("line {}, column {}", mark.line + 1, mark.column + 1);
}

// A value with what it costs to copy it.
struct Built {
  json::Value value;
  std::size_t nodes = 1;
  std::size_t bytes = 0;
};

// A sequence or map that is not closed yet.
struct Level {
  bool is_map = false;
  YAML::anchor_t anchor = 0;
  Built built;
  std::optional<std::string> key;  // of a map: read, its value is next
};

// Builds the value from the parser's events. Once something is refused, the rest is let pass.
class Builder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      refuse(mark, "only one document is allowed", "remove what is behind `---`");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, Built{json::Value(nullptr), 1, 4});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (error_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      refuse(mark, "an alias stands inside its own anchor", "write the value out");
      return;
    }
    add(mark, 0, found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (error_) return;
    if (tag != "?" && tag != "!") return refuse_tag(mark, tag);
    if (text.find('\0') != std::string::npos) {
      return refuse(mark, "a text contains the character U+0000", "remove it");
    }
    const bool is_plain = tag == "?";
    if (awaits_key()) return read_key(mark, text, is_plain);
    auto value = is_plain ? resolve_plain_scalar(text) : json::Value(json::String(text));
    if (!value) {
      return refuse(mark, format("`{}` is a number that JSON does not have", text),
                    "put quotes around it when it is a text");
    }
    add(mark, anchor, Built{std::move(*value), 1, text.size()});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, Level{false, anchor, Built{json::Value(json::Array{})}, {}});
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, Level{true, anchor, Built{json::Value(json::Object{})}, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  [[nodiscard]] int documents() const { return documents_; }

  Result<json::Value> finish() {
    if (error_) return std::move(*error_);
    return std::move(root_).value;
  }

 private:
  void refuse(const YAML::Mark& mark, const std::string& why, std::string help,
              std::string_view code = "YAML_INVALID") {
    if (error_) return;
    const auto kind = code == "YAML_INVALID" ? ErrorKind::Invalid : ErrorKind::TooLarge;
    error_ = make_error(kind, code, format("{}, near {}", why, position(mark)), std::move(help));
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    refuse(mark, format("the tag `{}` is not allowed", tag), "write the value without a tag");
  }

  [[nodiscard]] bool awaits_key() const {
    return !levels_.empty() && levels_.back().is_map && !levels_.back().key;
  }

  void read_key(const YAML::Mark& mark, const std::string& text, bool is_plain) {
    Level& level = levels_.back();
    if (is_plain && text == "<<") {
      return refuse(mark, "merge keys (`<<`) are not allowed", "write the members out");
    }
    if (level.built.value.get_object().contains(text)) {
      return refuse(mark, format("key `{}` stands twice in one map", text), "remove one of them");
    }
    level.key = text;
    level.built.bytes += text.size();
  }

  void open(const YAML::Mark& mark, const std::string& tag, Level level) {
    if (error_) return;
    if (!tag.empty() && tag != "?") return refuse_tag(mark, tag);
    if (awaits_key()) return refuse(mark, "a key is a list or a map", "keys are plain texts");
    if (levels_.size() >= limits::kJsonDepthMax) {
      return refuse(mark, format("nested deeper than {} levels", limits::kJsonDepthMax),
                    "nest less deeply", "YAML_TOO_DEEP");
    }
    levels_.push_back(std::move(level));
  }

  void close() {
    if (error_) return;
    Level level = std::move(levels_.back());
    levels_.pop_back();
    place(level.anchor, std::move(level.built));
  }

  // A finished scalar or the copy behind an alias: counted, then placed.
  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Built built) {
    if (error_) return;
    if (awaits_key()) {
      if (!built.value.is_null()) {
        return refuse(mark, "a key is an alias", "write the key out");
      }
      return refuse(mark, "a key is empty", "keys are plain texts");
    }
    nodes_ += built.nodes;
    bytes_ += built.bytes;
    if (nodes_ > limits::kYamlNodesMax || bytes_ > limits::kDefinitionBytesMax) {
      return refuse(mark, "the document is too large once its aliases are written out",
                    "use fewer aliases", "YAML_TOO_LARGE");
    }
    place(anchor, std::move(built));
  }

  void place(YAML::anchor_t anchor, Built built) {
    if (anchor != 0) keep(anchor, built);
    if (levels_.empty()) {
      root_ = std::move(built);
      return;
    }
    Level& level = levels_.back();
    level.built.nodes += built.nodes;
    level.built.bytes += built.bytes;
    if (level.is_map) {
      level.built.value.get_object().emplace(level.key.value_or(""), std::move(built.value));
      level.key.reset();
    } else {
      level.built.value.get_array().push_back(std::move(built.value));
    }
  }

  // Anchored values are copied, and anchors may stand in one another.
  void keep(YAML::anchor_t anchor, const Built& built) {
    kept_nodes_ += built.nodes;
    kept_bytes_ += built.bytes;
    if (kept_nodes_ > limits::kYamlNodesMax || kept_bytes_ > 4 * limits::kDefinitionBytesMax) {
      return refuse(YAML::Mark::null_mark(), "too much stands behind anchors", "use fewer anchors",
                    "YAML_TOO_LARGE");
    }
    anchors_[anchor] = built;
  }

  int documents_ = 0;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t kept_nodes_ = 0;
  std::size_t kept_bytes_ = 0;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Built> anchors_;
  Built root_;
  std::optional<Error> error_;
};

}  // namespace

Result<json::Value> parse_yaml(std::string_view text) {
  if (!is_clean_utf8(text)) {
    return make_error(ErrorKind::Invalid, "YAML_INVALID", "the document is not UTF-8 text",
                      "save the file as UTF-8");
  }
  Builder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& exception) {
    const bool is_deep = dynamic_cast<const YAML::DeepRecursion*>(&exception) != nullptr;
    return make_error(
        is_deep ? ErrorKind::TooLarge : ErrorKind::Invalid,
        is_deep ? "YAML_TOO_DEEP" : "YAML_INVALID",
        format("the document is not YAML: {}, near {}", exception.msg, position(exception.mark)),
        is_deep ? "nest less deeply" : "correct the text there");
  } catch (const std::exception& exception) {
    return make_error(ErrorKind::Invalid, "YAML_INVALID",
                      format("the document is not YAML: {}", exception.what()), "correct the text");
  }
  return builder.finish();
}

}  // namespace fermata::definition
