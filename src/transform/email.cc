// email.parse_reply and email.html_to_blocks: what a person wrote in a mail, without what the mail
// program put around it.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "foundation/beginning.h"
#include "transform/actions.h"
#include "transform/html.h"
#include "transform/reading.h"

namespace fermata::transform {
namespace {

constexpr std::size_t kRawTextMax = 4'000;

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n')) {
    lines.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  lines.push_back(text);
  return lines;
}

// "On <date>, <person> wrote:" over up to three lines, as mail programs break it.
bool is_attribution(std::span<const std::string_view> rest) {
  if (!without_blanks(rest.front()).starts_with("On ")) return false;
  for (const std::string_view line : rest.first(std::min<std::size_t>(rest.size(), 3))) {
    if (without_blanks(line).ends_with("wrote:")) return true;
  }
  return false;
}

bool is_divider(std::string_view line) {
  const std::string_view text = without_blanks(line);
  return text.starts_with("-----Original Message-----") ||
         text.starts_with("---------- Forwarded message") ||
         (text.size() >= 20 && text.find_first_not_of('_') == text.npos);
}

// The block of headers that some programs put above the quoted mail.
bool is_header_block(std::span<const std::string_view> rest) {
  if (rest.size() < 3 || !without_blanks(rest.front()).starts_with("From:")) return false;
  constexpr std::array<std::string_view, 4> kHeaders = {"Sent:", "Date:", "To:", "Subject:"};
  const auto window = rest.subspan(1, std::min<std::size_t>(rest.size() - 1, 4));
  return std::ranges::count_if(window, [&](std::string_view line) {
           return std::ranges::any_of(kHeaders, [&](std::string_view header) {
             return without_blanks(line).starts_with(header);
           });
         }) >= 2;
}

bool is_signature(std::string_view line) {
  return line == "-- " || line == "--" || line == "-- \r" || line == "--\r" ||
         without_blanks(line).starts_with("Sent from my ");
}

struct Reply {
  std::string text;
  bool is_cut = false;
  std::string_view cut_by;  // attribution, divider, headers, signature or quotation
};

Reply reply_of(std::string_view text) {
  Reply reply;
  const std::vector<std::string_view> lines = lines_of(text);
  std::vector<std::string_view> kept;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto rest = std::span(lines).subspan(i);
    if (is_attribution(rest))
      reply.cut_by = "attribution";
    else if (is_divider(lines[i]))
      reply.cut_by = "divider";
    else if (is_header_block(rest))
      reply.cut_by = "headers";
    else if (is_signature(lines[i]))
      reply.cut_by = "signature";
    if (!reply.cut_by.empty()) break;
    kept.push_back(lines[i]);
  }
  // A quotation at the end is the other's mail; one in the middle is being answered.
  const auto is_quoted_or_blank = [](std::string_view line) {
    const std::string_view bare = without_blanks(line);
    return bare.empty() || bare.starts_with('>');
  };
  while (!kept.empty() && is_quoted_or_blank(kept.back())) {
    if (!without_blanks(kept.back()).empty() && reply.cut_by.empty()) reply.cut_by = "quotation";
    kept.pop_back();
  }
  const auto first = std::ranges::find_if_not(
      kept, [](std::string_view line) { return without_blanks(line).empty(); });
  for (auto line = first; line != kept.end(); ++line) {
    if (line != first) reply.text += '\n';
    std::string_view written = *line;
    if (written.ends_with('\r')) written.remove_suffix(1);
    reply.text += written;
  }
  reply.is_cut = !reply.cut_by.empty();
  return reply;
}

// The text of a field that may be absent or null.
std::string_view optional_text(Input& input, const json::Value& value, std::string_view key) {
  const json::Value* found = json::find(value, key);
  return found == nullptr || found->is_null() ? std::string_view() : input.text(key);
}

std::string_view optional_html(Input& input, const json::Value& value) {
  const std::string_view html = optional_text(input, value, "html");
  if (has_too_many_tags(html)) input.note("`html` has more than 10000 tags");
  return html;
}

}  // namespace

Output parse_reply(const json::Value& value) {
  Input input(value);
  const std::string_view text = optional_text(input, value, "text");
  const std::string_view html = optional_html(input, value);
  if (input.wrong()) return input.failure();
  const std::string source =
      text.empty() ? text_of_blocks(blocks_of_html(html)) : std::string(text);
  Reply reply = reply_of(source);
  json::Object metadata{{"source", text.empty() ? "html" : "text"}, {"isCut", reply.is_cut}};
  if (reply.is_cut) metadata["cutBy"] = reply.cut_by;
  metadata["rawText"] = shortened(source, kRawTextMax, "...");
  std::string_view confidence = reply.is_cut ? "high" : "medium";
  if (reply.text.empty()) {
    // Nothing was left: better the whole mail than none of it.
    reply.text = source;
    confidence = "low";
    metadata["warnings"] = json::Array{"nothing-left"};
  }
  return json::Value(json::Object{{"sanitizedText", reply.text},
                                  {"confidence", confidence},
                                  {"metadata", std::move(metadata)}});
}

Output html_to_blocks(const json::Value& value) {
  Input input(value);
  const std::string_view html = optional_html(input, value);
  const std::string_view text = optional_text(input, value, "text");
  if (input.wrong()) return input.failure();
  json::Array blocks = html.empty() ? json::Array() : blocks_of_html(html);
  if (blocks.empty()) blocks = blocks_of_text(text);
  return json::Value(std::move(blocks));
}

}  // namespace fermata::transform
