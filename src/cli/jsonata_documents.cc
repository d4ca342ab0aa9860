#include "cli/jsonata_documents.h"

#include <array>
#include <string_view>

#include "foundation/format.h"
#include "json/parse.h"

namespace fermata::cli {
namespace {

using Words8 = std::array<std::string_view, 8>;
using Words16 = std::array<std::string_view, 16>;
constexpr Words8 kRegions = {"north",   "south",    "east",    "west",
                             "central", "overseas", "islands", "highlands"};
constexpr std::array<std::string_view, 5> kStatus = {"open", "closed", "hold", "void", "open"};
constexpr Words16 kFirst = {"Ada", "Bo",  "Chen", "Dara", "Eve", "Femi", "Gus", "Hana",
                            "Ivo", "Jun", "Kim",  "Lea",  "Mio", "Nils", "Oya", "Pia"};
constexpr Words16 kLast = {"Abel", "Bauer", "Costa", "Diaz", "Eze",   "Fox",   "Gray", "Holm",
                           "Iyer", "Jones", "Kaya",  "Lund", "Meyer", "Novak", "Ozan", "Pohl"};
constexpr Words16 kWords = {"deliver", "to",      "rear",  "door",     "urgent", "call",
                            "first",   "fragile", "stack", "Priority", "no",     "signature",
                            "gift",    "wrap",    "keep",  "dry"};

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    state_ = (1103515245 * state_ + 12345) & 0x7FFFFFFF;
    return (state_ >> 8U) % bound;
  }

 private:
  std::uint64_t state_;
};

json::Value text(std::string_view value) {
  return json::Value(value);
}
json::Value whole(std::size_t value) {
  return json::Value(static_cast<std::int64_t>(value));
}
json::Value cents(std::size_t value) {
  return json::Value(static_cast<double>(value) / 100);
}

json::Value customers(std::size_t count) {
  json::Array all;
  for (std::size_t i = 0; i < count; ++i) {
    json::Object one;
    one["id"] = text(format("C{:04}", i));
    one["name"] = text(format("{} {}", kFirst[i % 16], kLast[(i * 7 + i / 16) % 16]));
    one["region"] = text(kRegions[(i * 5 + 3) % 8]);
    one["tier"] = whole(i * 3 % 4);
    all.emplace_back(std::move(one));
  }
  return json::Value(std::move(all));
}

json::Value lines(Draws& draws, std::size_t& total) {
  json::Array all;
  for (std::size_t left = 1 + draws.below(4); left > 0; --left) {
    const std::size_t quantity = 1 + draws.below(9);
    const std::size_t price = 99 + draws.below(20000);
    total += quantity * price;
    json::Object line;
    line["sku"] = text(format("SKU-{:04}", draws.below(3000)));
    line["qty"] = whole(quantity);
    line["price"] = cents(price);
    line["gift"] = json::Value(draws.below(10) == 0);
    all.emplace_back(std::move(line));
  }
  return json::Value(std::move(all));
}

std::string words(Draws& draws) {
  std::string out;
  for (std::size_t left = 4 + draws.below(6); left > 0; --left) {
    if (!out.empty()) out += ' ';
    out += kWords[draws.below(16)];
  }
  return out;
}

std::string moment(Draws& draws) {
  std::array<std::size_t, 7> part{};
  constexpr std::array<std::size_t, 7> kBounds = {6, 12, 28, 24, 60, 60, 1000};
  for (std::size_t i = 0; i < part.size(); ++i) part[i] = draws.below(kBounds[i]);
  return format("20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", 20 + part[0], 1 + part[1],
                1 + part[2], part[3], part[4], part[5], part[6]);
}

json::Value order(Draws& draws, std::size_t index, const json::Array& all) {
  const json::Object& customer = all[draws.below(all.size())].get_object();
  std::size_t total = 0;
  json::Value ordered = lines(draws, total);
  const std::string note = words(draws);
  json::Object out;
  out["id"] = text(format("O{:06}", index));
  out["status"] = text(kStatus[draws.below(5)]);
  out["created"] = text(moment(draws));
  json::Object who;
  for (const std::string_view key : {"id", "name", "region"}) who[key] = customer.at(key);
  out["customer"] = json::Value(std::move(who));
  out["total"] = cents(total);
  out["weight"] = whole(draws.below(5000));
  out["note"] = text(note);
  json::Array tags;
  for (std::size_t left = draws.below(4); left > 0; --left)
    tags.emplace_back(text(kWords[draws.below(16)]));
  out["tags"] = json::Value(std::move(tags));
  out["lines"] = std::move(ordered);
  if (draws.below(5) == 0) out["discount"] = cents(draws.below(5000));
  return json::Value(std::move(out));
}

json::Value orders(std::size_t count, std::uint64_t seed, std::size_t customer_count) {
  Draws draws(seed);
  json::Object out;
  out["customers"] = customers(customer_count);
  const json::Array all = out["customers"].get_array();
  json::Array made;
  for (std::size_t i = 0; i < count; ++i) made.emplace_back(order(draws, i, all));
  out["orders"] = json::Value(std::move(made));
  return json::Value(std::move(out));
}

constexpr std::string_view kWorkflow = R"({
 "payload": {"eventId": "evt-7f3a", "type": "order.created", "attempt": 2, "order": {
  "id": 40217, "status": "open", "created": "2026-03-04T05:06:07.089Z", "currency": "EUR",
  "total": 1284.5, "customer": {"firstName": "Hana", "lastName": "Kaya",
   "email": "hana.kaya@example.com", "vip": true,
   "address": {"street": "12 Mill Lane", "city": "Leeds", "postcode": "LS1 4AP", "country": "GB"},
   "phones": [{"type": "home", "number": "0113 496 0000"},
              {"type": "mobile", "number": "07700 900118"}]},
  "lines": [{"sku": "SKU-0007", "name": "Desk", "qty": 1, "price": 799.0},
            {"sku": "SKU-0113", "name": "Lamp", "qty": 3, "price": 39.5},
            {"sku": "SKU-0204", "name": "Chair", "qty": 2, "price": 149.0},
            {"sku": "SKU-0950", "name": "Cable", "qty": 6, "price": 11.5}],
  "tags": ["new", "gift", "web"],
  "note": "Ref AB-20417 and CDE-993311; contact bob@corp.com or eve@mail.com  today "}},
 "vars": {"limit": 1000, "region": "north", "approvers": ["u1", "u2", "u3"], "last": null},
 "meta": {"runId": "run-00421", "workflow": "order-intake", "version": 7}})";

json::Value workflow() {
  auto parsed = json::parse(kWorkflow);
  json::Value document = parsed.has_value() ? *std::move(parsed) : json::Value();
  json::Array steps;
  for (std::size_t i = 0; i < 12; ++i) {
    json::Object step;
    step["id"] = text(format("s{}", i));
    step["ok"] = json::Value(i % 3 != 0);
    step["ms"] = whole(17 * i + 5);
    steps.emplace_back(std::move(step));
  }
  document.as_object()["vars"].as_object()["steps"] = json::Value(std::move(steps));
  return document;
}

}  // namespace

std::optional<json::Value> make_document(const json::Object& spec) {
  const std::string generator = json::string_at(spec, "gen").value_or("");
  if (generator == "workflow") return workflow();
  if (generator != "orders") return std::nullopt;
  const auto number = [&](std::string_view key) {
    return static_cast<std::size_t>(json::int_at(spec, key).value_or(0));
  };
  return orders(number("n"), number("seed"), number("customers"));
}

}  // namespace fermata::cli
