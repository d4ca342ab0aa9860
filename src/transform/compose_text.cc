// transform.compose_text: documents of blocks to Markdown, one text for each output. The definition
// was checked when it was published, and the machine put each reference's value beside its path.
#include <algorithm>

#include "foundation/format.h"
#include "json/text.h"
#include "transform/actions.h"
#include "transform/reading.h"

namespace fermata::transform {
namespace {

bool has_mark(const json::Value& inline_text, std::string_view mark) {
  const json::Value* marks = json::find(inline_text, "marks");
  if (marks == nullptr || !marks->is_array()) return false;
  for (const json::Value& each : marks->get_array()) {
    if (each.is_string() && json::view(each.get_string()) == mark) return true;
  }
  return false;
}

// From the inside: code, bold, italic, link.
std::string marked(Input& child, const json::Value& inline_text) {
  std::string text(child.text("text"));
  if (text.empty()) return text;
  if (has_mark(inline_text, "code")) text = format("`{}`", text);
  if (has_mark(inline_text, "bold")) text = format("**{}**", text);
  if (has_mark(inline_text, "italic")) text = format("*{}*", text);
  if (has_mark(inline_text, "link")) text = format("[{}]({})", text, child.text("href"));
  return text;
}

// The text of a block's children, or what is missing.
struct Rendered {
  std::string text;
  std::optional<Failure> failure;
};

Rendered children(Input& block) {
  Rendered out;
  for (const json::Value& each : block.list("children")) {
    Input child(each);
    if (child.text("type") != "reference") {
      out.text += marked(child, each);
    } else if (const json::Value* value = json::find(each, "value"); value != nullptr) {
      out.text += value->is_string() ? json::to_std(value->get_string()) : json::to_text(*value);
    } else {
      const std::string path(child.text("path"));
      out.failure = Failure{"ValidationError", "MISSING_REFERENCE",
                            format("there is nothing at `{}`", path), json::Object{{"path", path}}};
    }
    if (child.wrong()) block.note(child.failure().message);
    if (out.failure) break;
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "> ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "> ";
  }
  return out;
}

// Items of one list stand on lines of their own, everything else in paragraphs.
Output document(const json::Value& value) {
  Input input(value);
  std::string text;
  std::string_view previous;
  std::int64_t number = 0;
  for (const json::Value& each : input.list("blocks")) {
    Input block(each);
    const std::string_view type = block.text("type");
    const bool is_item = type == "bullet_list_item" || type == "ordered_list_item";
    number = type == "ordered_list_item" ? number + 1 : 0;
    if (!previous.empty()) text += is_item && previous == type ? "\n" : "\n\n";
    previous = type;
    if (type == "code_block") {
      text += format("```\n{}\n```", block.text("text"));
    } else {
      Rendered made = children(block);
      if (made.failure) return *std::move(made.failure);
      if (type == "heading") {
        const std::int64_t level = block.whole("level", 1);
        if (level < 1 || level > 6) block.note("`level` must be 1 to 6");
        made.text.insert(
            0, std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(level, 1, 6)), '#') +
                   " ");
      } else if (type == "blockquote") {
        made.text = quoted(made.text);
      } else if (type == "bullet_list_item") {
        made.text.insert(0, "- ");
      } else if (type == "ordered_list_item") {
        made.text.insert(0, format("{}. ", number));
      }
      text += made.text;
    }
    if (block.wrong()) return block.failure();
  }
  if (input.wrong()) return input.failure();
  return json::Value(text);
}

}  // namespace

Output compose_text(const json::Value& value) {
  Input input(value);
  json::Object texts;
  for (const json::Value& each : input.list("outputs")) {
    Input output(each);
    const std::string_view key = output.text("stableKey");
    const json::Value& content = output.value("document");
    if (output.wrong()) return output.failure();
    Output made = document(content);
    if (std::holds_alternative<Failure>(made)) return made;
    texts[key] = std::get<json::Value>(std::move(made));
  }
  if (input.wrong()) return input.failure();
  return json::Value(std::move(texts));
}

}  // namespace fermata::transform
