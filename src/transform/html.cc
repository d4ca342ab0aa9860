#include "transform/html.h"

#include <gumbo.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

namespace fermata::transform {
namespace {

constexpr std::size_t kDepthMax = 200;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

struct Marks {
  bool bold = false;
  bool italic = false;
  bool code = false;
  std::string href;

  bool operator==(const Marks&) const = default;
};

json::Object inline_text(const std::string& text, const Marks& marks) {
  json::Object made{{"type", "text"}, {"text", text}};
  json::Array names;
  if (marks.bold) names.emplace_back("bold");
  if (marks.italic) names.emplace_back("italic");
  if (marks.code) names.emplace_back("code");
  if (!marks.href.empty()) names.emplace_back("link");
  if (!names.empty()) made["marks"] = std::move(names);
  if (!marks.href.empty()) made["href"] = marks.href;
  return made;
}

// Collects blocks while the tree is walked.
class Builder {
 public:
  void open(std::string_view type, int level = 0) {
    close();
    type_ = type;
    level_ = level;
  }

  void close() {
    while (!parts_.empty() && trimmed(parts_.back().text).empty()) parts_.pop_back();
    if (!parts_.empty()) {
      std::string& last = parts_.back().text;
      if (type_ != "code_block") last.resize(last.find_last_not_of(" \n") + 1);
      json::Object block{{"type", type_}};
      if (level_ > 0) block["level"] = level_;
      if (type_ == "code_block") {
        std::string code;
        for (const Part& part : parts_) code += part.text;
        block["text"] = code;
      } else {
        json::Array children;
        for (const Part& part : parts_) children.emplace_back(inline_text(part.text, part.marks));
        block["children"] = std::move(children);
      }
      blocks_.emplace_back(std::move(block));
    }
    parts_.clear();
    type_ = "paragraph";
    level_ = 0;
  }

  // Runs of white space become one blank, none at a block's beginning; in code they stay.
  void add(std::string_view text, const Marks& marks) {
    if (parts_.empty() || !(parts_.back().marks == marks)) parts_.push_back({"", marks});
    for (const char c : text) {
      if (type_ == "code_block" || !is_space(c)) {
        parts_.back().text += c;
      } else if (!ends_with_space()) {
        parts_.back().text += ' ';
      }
    }
    if (parts_.back().text.empty()) parts_.pop_back();
  }

  void line_break() {
    if (!parts_.empty()) parts_.back().text += '\n';
  }

  json::Array take() {
    close();
    return std::move(blocks_);
  }

 private:
  struct Part {
    std::string text;
    Marks marks;
  };
  [[nodiscard]] bool ends_with_space() const {
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
      if (!part->text.empty()) return is_space(part->text.back());
    }
    return true;
  }

  json::Array blocks_;
  std::string type_ = "paragraph";
  int level_ = 0;
  std::vector<Part> parts_;
};

enum class Visit { Skip, Inline, Block };

// What an element means for the block that its text belongs to.
Visit enter(Builder& out, GumboTag tag, bool in_ordered_list) {
  switch (tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NOSCRIPT:
      return Visit::Skip;
    case GUMBO_TAG_H1:
      out.open("heading", 1);
      return Visit::Block;
    case GUMBO_TAG_H2:
      out.open("heading", 2);
      return Visit::Block;
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
      out.open("heading", 3);
      return Visit::Block;
    case GUMBO_TAG_LI:
      out.open(in_ordered_list ? "ordered_list_item" : "bullet_list_item");
      return Visit::Block;
    case GUMBO_TAG_BLOCKQUOTE:
      out.open("blockquote");
      return Visit::Block;
    case GUMBO_TAG_PRE:
      out.open("code_block");
      return Visit::Block;
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
      return Visit::Block;
    case GUMBO_TAG_BR:
      out.line_break();
      return Visit::Inline;
    default:
      return Visit::Inline;
  }
}

void apply_marks(const GumboElement& element, Marks& marks) {
  if (element.tag == GUMBO_TAG_B || element.tag == GUMBO_TAG_STRONG) marks.bold = true;
  if (element.tag == GUMBO_TAG_I || element.tag == GUMBO_TAG_EM) marks.italic = true;
  if (element.tag == GUMBO_TAG_CODE) marks.code = true;
  if (element.tag != GUMBO_TAG_A) return;
  const GumboAttribute* href = gumbo_get_attribute(&element.attributes, "href");
  if (href == nullptr) return;
  const std::string_view target = href->value;
  for (const std::string_view scheme : {"http://", "https://", "mailto:"}) {
    if (target.starts_with(scheme)) marks.href = target;
  }
}

// Paragraph elements inside an item or a quotation do not begin a block of their own.
bool keeps_block(GumboTag tag) {
  return tag == GUMBO_TAG_LI || tag == GUMBO_TAG_BLOCKQUOTE;
}

struct Place {
  const GumboNode* node;
  Marks marks;
  bool in_ordered_list;
  bool in_kept_block;
  std::size_t depth;
  bool leaves;  // the element's end rather than its beginning
};

class Walk {
 public:
  explicit Walk(const GumboNode* root) { stack_.push_back({root, {}, false, false, 0, false}); }

  json::Array run() {
    while (!stack_.empty()) {
      Place place = std::move(stack_.back());
      stack_.pop_back();
      step(place);
    }
    return out_.take();
  }

 private:
  void step(Place& place) {
    if (place.leaves) {
      out_.close();
      return;
    }
    switch (place.node->type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
      case GUMBO_NODE_WHITESPACE:
        out_.add(place.node->v.text.text, place.marks);
        return;
      case GUMBO_NODE_ELEMENT:
        element(place);
        return;
      default:
        return;
    }
  }

  void element(Place& place) {
    const GumboElement& element = place.node->v.element;
    const bool is_plain_block =
        place.in_kept_block && (element.tag == GUMBO_TAG_P || element.tag == GUMBO_TAG_DIV);
    const Visit visit =
        is_plain_block ? Visit::Inline : enter(out_, element.tag, place.in_ordered_list);
    if (visit == Visit::Skip || place.depth >= kDepthMax) return;
    if (visit == Visit::Block) {
      if (element.tag == GUMBO_TAG_P || element.tag == GUMBO_TAG_DIV) out_.close();
      Place end = place;
      end.leaves = true;
      stack_.push_back(std::move(end));
    }
    apply_marks(element, place.marks);
    if (element.tag == GUMBO_TAG_OL || element.tag == GUMBO_TAG_UL)
      place.in_ordered_list = element.tag == GUMBO_TAG_OL;
    const std::span<void*> children(element.children.data, element.children.length);
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      stack_.push_back({static_cast<const GumboNode*>(*child), place.marks, place.in_ordered_list,
                        place.in_kept_block || keeps_block(element.tag), place.depth + 1, false});
    }
  }

  Builder out_;
  std::vector<Place> stack_;
};

}  // namespace

bool has_too_many_tags(std::string_view html) {
  return std::ranges::count(html, '<') > kHtmlTagsMax;
}

json::Array blocks_of_html(std::string_view html) {
  const auto destroy = [](GumboOutput* output) {
    gumbo_destroy_output(&kGumboDefaultOptions, output);
  };
  const std::unique_ptr<GumboOutput, decltype(destroy)> parsed(
      gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size()), destroy);
  return Walk(parsed->root).run();
}

std::string text_of_blocks(const json::Array& blocks) {
  std::string text;
  for (const json::Value& block : blocks) {
    if (!text.empty()) text += "\n\n";
    if (const auto code = json::string_at(block.get_object(), "text")) text += *code;
    const json::Value* children = json::find(block, "children");
    if (children == nullptr) continue;
    for (const json::Value& child : children->get_array())
      text += json::string_at(child.get_object(), "text").value_or("");
  }
  return text;
}

json::Array blocks_of_text(std::string_view text) {
  json::Array blocks;
  std::string paragraph;
  const auto flush = [&] {
    if (paragraph.empty()) return;
    blocks.emplace_back(
        json::Object{{"type", "paragraph"}, {"children", json::Array{inline_text(paragraph, {})}}});
    paragraph.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      flush();
    } else {
      if (!paragraph.empty()) paragraph += '\n';
      paragraph += line;
    }
  }
  flush();
  return blocks;
}

}  // namespace fermata::transform
