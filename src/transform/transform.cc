// The table of the pure built-in actions.
#include "transform/transform.h"

#include <array>

#include "transform/actions.h"

namespace fermata::transform {
namespace {

constexpr std::string_view kAny = "true";
constexpr std::string_view kObject = R"({"type":"object"})";
constexpr std::string_view kArray = R"({"type":"array"})";
constexpr std::string_view kString = R"({"type":"string"})";
constexpr std::string_view kText =
    R"({"type":"object","required":["text"],"additionalProperties":false,"properties":{"text":{"type":"string"}}})";
constexpr std::string_view kKeys =
    R"({"type":"object","required":["object","keys"],"additionalProperties":false,"properties":{"object":{"type":"object"},"keys":{"type":"array","items":{"type":"string"}}}})";
constexpr std::string_view kMail =
    R"({"type":"object","additionalProperties":false,"properties":{"text":{"type":["string","null"]},"html":{"type":["string","null"]}}})";

constexpr std::array kActions = {
    PureAction{"email.html_to_blocks", 1, "Turn HTML into blocks", kMail, kArray, html_to_blocks},
    PureAction{
        "email.parse_reply", 1, "Find what a mail says", kMail,
        R"({"type":"object","required":["sanitizedText","confidence","metadata"],"properties":{"sanitizedText":{"type":"string"},"confidence":{"enum":["high","medium","low"]},"metadata":{"type":"object"}}})",
        parse_reply},
    PureAction{
        "transform.append_array", 1, "Append to a list",
        R"({"type":"object","required":["items","values"],"additionalProperties":false,"properties":{"items":{"type":"array"},"values":{"type":"array"}}})",
        kArray, append_array},
    PureAction{
        "transform.build_array", 1, "Make a list",
        R"({"type":"object","required":["items"],"additionalProperties":false,"properties":{"items":{"type":"array"}}})",
        kArray, build_array},
    PureAction{
        "transform.build_object", 1, "Make an object of fields",
        R"({"type":"object","required":["fields"],"additionalProperties":false,"properties":{"fields":{"type":"array","items":{"type":"object","required":["key","value"],"additionalProperties":false,"properties":{"key":{"type":"string"},"value":true}}}}})",
        kObject, build_object},
    PureAction{
        "transform.coalesce_value", 1, "Take the first that is there",
        R"({"type":"object","required":["candidates"],"additionalProperties":false,"properties":{"candidates":{"type":"array"},"treatEmptyStringAsMissing":{"type":"boolean"}}})",
        R"({"type":"object","required":["value","matchedIndex"],"properties":{"value":true,"matchedIndex":{"type":["integer","null"]}}})",
        coalesce_value},
    PureAction{"transform.compose_text", 1, "Write text from documents", kObject,
               R"({"type":"object","additionalProperties":{"type":"string"}})", compose_text},
    PureAction{
        "transform.concat_text", 1, "Put texts together",
        R"({"type":"object","required":["values"],"additionalProperties":false,"properties":{"values":{"type":"array"},"separator":{"type":"string"}}})",
        kString, concat_text},
    PureAction{
        "transform.join_text", 1, "Join a list to text",
        R"({"type":"object","required":["items"],"additionalProperties":false,"properties":{"items":{"type":"array"},"delimiter":{"type":"string"}}})",
        kString, join_text},
    PureAction{
        "transform.merge", 1, "Merge objects",
        R"({"type":"object","required":["objects"],"additionalProperties":false,"properties":{"objects":{"type":"array","items":{"type":"object"}}}})",
        kObject, merge},
    PureAction{"transform.omit", 1, "Leave members out", kKeys, kObject, omit},
    PureAction{"transform.parse_json", 1, "Read JSON text", kText, kAny, parse_json},
    PureAction{"transform.pick", 1, "Keep some members", kKeys, kObject, pick},
    PureAction{
        "transform.rename_fields", 1, "Rename members",
        R"({"type":"object","required":["object","renames"],"additionalProperties":false,"properties":{"object":{"type":"object"},"renames":{"type":"array","items":{"type":"object","required":["from","to"],"additionalProperties":false,"properties":{"from":{"type":"string"},"to":{"type":"string"}}}}}})",
        kObject, rename_fields},
    PureAction{
        "transform.replace_text", 1, "Replace in text",
        R"({"type":"object","required":["text","search"],"additionalProperties":false,"properties":{"text":{"type":"string"},"search":{"type":"string"},"replacement":{"type":"string"},"replaceAll":{"type":"boolean"}}})",
        kString, replace_text},
    PureAction{"transform.sha256", 1, "SHA-256 of text", kText, kString, sha256},
    PureAction{
        "transform.split_text", 1, "Split text",
        R"({"type":"object","required":["text","delimiter"],"additionalProperties":false,"properties":{"text":{"type":"string"},"delimiter":{"type":"string"},"removeEmpty":{"type":"boolean"}}})",
        R"({"type":"array","items":{"type":"string"}})", split_text},
    PureAction{
        "transform.stringify_json", 1, "Write JSON text",
        R"({"type":"object","required":["value"],"additionalProperties":false,"properties":{"value":true}})",
        kString, stringify_json},
    PureAction{"transform.trim_text", 1, "Trim text", kText, kString, trim_text},
    PureAction{
        "transform.truncate_text", 1, "Shorten text",
        R"({"type":"object","required":["text","maxLength"],"additionalProperties":false,"properties":{"text":{"type":"string"},"maxLength":{"type":"integer","minimum":0},"strategy":{"enum":["end","start","middle"]},"ellipsis":{"type":"string"}}})",
        kString, truncate_text},
    PureAction{
        "workflow.fail", 1, "Raise an error",
        R"({"type":"object","required":["message"],"additionalProperties":false,"properties":{"code":{"type":"string"},"message":{"type":"string"},"details":true}})",
        kAny, fail},
};

}  // namespace

std::span<const PureAction> pure_actions() {
  return kActions;
}

}  // namespace fermata::transform
