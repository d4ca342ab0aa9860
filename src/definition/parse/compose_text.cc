// The documents of transform.compose_text: checked here, rendered by the action.

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "definition/parse/steps.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

constexpr std::string_view kCode = "INVALID_COMPOSE_DOCUMENT";

bool is_stable_key(std::string_view key) {
  const auto is_lower = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !key.empty() && is_lower(key.front()) &&
         std::ranges::all_of(key, [&](char c) { return is_lower(c) || (c >= '0' && c <= '9'); });
}

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// A root name, then `.name` and `[n]` parts; `$index` stands for the loop's index.
bool is_reference_path(std::string_view path) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const auto word = [&](std::string_view text) {
    const auto end = std::ranges::find_if_not(text, is_word);
    return static_cast<std::size_t>(end - text.begin());
  };
  if (path.starts_with("$index")) path.remove_prefix(1);
  if (path.empty() || (path.front() >= '0' && path.front() <= '9')) return false;
  std::size_t length = word(path);
  while (length > 0) {
    path.remove_prefix(length);
    if (path.empty()) return true;
    if (path.front() == '.') {
      const std::size_t name = word(path.substr(1));
      length = name == 0 ? 0 : name + 1;
      continue;
    }
    const std::size_t close = path.find(']');
    const bool is_index =
        path.front() == '[' && close != std::string_view::npos && close > 1 &&
        std::ranges::all_of(path.substr(1, close - 1), [](char c) { return c >= '0' && c <= '9'; });
    length = is_index ? close + 1 : 0;
  }
  return false;
}

void read_marks(Reader& fields) {
  const std::vector<std::string> marks = fields.texts("marks");
  constexpr std::array<std::string_view, 4> kMarks = {"bold", "italic", "code", "link"};
  for (const std::string& mark : marks) {
    if (std::ranges::find(kMarks, mark) != kMarks.end()) continue;
    fields.findings().error(
        fields.path_of("marks"), kCode, format("`{}` is not a mark", mark),
        did_you_mean(mark, kMarks, "the marks are bold, italic, code and link"));
  }
  const bool is_link = std::ranges::find(marks, "link") != marks.end();
  const bool has_target = !fields.text("href", {Need::Optional, 2048}).empty();
  if (is_link == has_target) return;
  fields.findings().error(fields.path_of("href"), kCode,
                          is_link ? "a link has no `href`" : "`href` needs the mark `link`",
                          is_link ? "add `href`" : "add the mark or remove `href`");
}

// A text or a reference; a reference gets its value beside its path.
void read_inline(Reader& fields, json::Object& out) {
  const bool is_reference =
      fields.word("type", {"text", "reference"}, Need::Required) == "reference";
  if (!is_reference) {
    const json::Value* text = fields.value("text", Need::Required);
    if (text != nullptr && !text->is_string()) {
      report_type(fields.findings(), fields.path_of("text"), "a string", *text);
    }
    read_marks(fields);
    return;
  }
  fields.text("label");
  std::string path = fields.text("path");
  if (path.empty()) return;
  if (!is_reference_path(path)) {
    fields.findings().error(fields.path_of("path"), kCode, format("`{}` is not a path", path),
                            "write a root and its fields, such as `payload.items[0].name`");
    return;
  }
  if (path.starts_with('$')) path.erase(0, 1);
  out["value"] = json::Object{{"$expr", path}};
}

struct Children {
  Reader& block;
  json::Object& out;
};

void read_children(Children at) {
  const json::Array* children = at.block.array("children", Need::Required);
  if (children == nullptr) return;
  for (std::size_t i = 0; i < children->size(); ++i) {
    const std::string path = format("{}/{}", at.block.path_of("children"), i);
    const json::Value& child = (*children)[i];
    if (!child.is_object()) {
      report_type(at.block.findings(), path, "a text or reference object", child);
      continue;
    }
    Reader fields(child.get_object(), {"an inline", path}, at.block.findings());
    read_inline(fields, at.out["children"].get_array()[i].get_object());
    fields.finish();
  }
}

void read_block(Reader& fields, json::Object& out) {
  const std::string_view type = fields.word(
      "type",
      {"paragraph", "bullet_list_item", "ordered_list_item", "blockquote", "heading", "code_block"},
      Need::Required);
  if (type == "code_block") {
    const json::Value* text = fields.value("text", Need::Required);
    if (text != nullptr && !text->is_string()) {
      report_type(fields.findings(), fields.path_of("text"), "a string", *text);
    }
    return;
  }
  if (type == "heading") fields.whole("level", {1, 3}, Need::Required);
  read_children({fields, out});
}

void read_document(Reader& output, json::Object& out) {
  const json::Object* document = output.object("document", Need::Required);
  if (document == nullptr) return;
  Reader fields(*document, {"a document", output.path_of("document")}, output.findings());
  fields.whole("version", {1, 1}, Need::Required);
  const json::Array* blocks = fields.array("blocks", Need::Required);
  fields.finish();
  if (blocks == nullptr) return;
  json::Array& copies = out["document"].get_object()["blocks"].get_array();
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    const std::string path = format("{}/{}", fields.path_of("blocks"), i);
    if (!(*blocks)[i].is_object()) {
      report_type(output.findings(), path, "a block object", (*blocks)[i]);
      continue;
    }
    Reader block((*blocks)[i].get_object(), {"a block", path}, output.findings());
    read_block(block, copies[i].get_object());
    block.finish();
  }
}

struct Seen {
  std::set<std::string> labels;
  std::set<std::string> keys;
};

void read_output(Reader& fields, json::Object& out, Seen& seen) {
  fields.text("id");
  const std::string label = fields.text("label");
  if (!label.empty() && !seen.labels.insert(folded(label)).second) {
    fields.findings().error(fields.path_of("label"), kCode,
                            format("label `{}` is used twice", label), "choose another label");
  }
  const std::string key = fields.text("stableKey");
  if (!key.empty() && !is_stable_key(key)) {
    fields.findings().error(fields.path_of("stableKey"), kCode,
                            format("`{}` is not a stable key", key),
                            "use lower-case letters, digits and `_`, and begin with no digit");
  } else if (!key.empty() && !seen.keys.insert(key).second) {
    fields.findings().error(fields.path_of("stableKey"), kCode,
                            format("stable key `{}` is used twice", key), "choose another key");
  }
  read_document(fields, out);
}

}  // namespace

json::Value read_compose_outputs(Context& context, const json::Array& outputs,
                                 const std::string& path) {
  json::Value copy(outputs);
  Seen seen;
  if (outputs.empty()) {
    context.findings.error(path, kCode, "there are no outputs", "add at least one output");
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string at = format("{}/{}", path, i);
    if (!outputs[i].is_object()) {
      report_type(context.findings, at, "an output object", outputs[i]);
      continue;
    }
    Reader fields(outputs[i].get_object(), {"an output", at}, context.findings);
    read_output(fields, copy.get_array()[i].get_object(), seen);
    fields.finish();
  }
  return copy;
}

}  // namespace fermata::definition
