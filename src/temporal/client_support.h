#pragma once
// What the typed client calls share: make the request, send it, read the answer. Private to this
// library.

#include <string>
#include <string_view>

#include "temporal/client.h"
#include "temporal/encode/codec.h"
#include "temporal/sealing.h"

namespace fermata::temporal {

// A fresh id for requests that must not act twice when Core tries them again.
std::string new_request_id();

template <typename Response, typename Request>
Result<Response> send(const Client& client, std::string_view name, const Request& request,
                      Client::Service service = Client::Service::Workflow,
                      std::int64_t timeout_ms = 0) {
  TRY(const std::string bytes,
      client.call({service, name, request.SerializeAsString(), timeout_ms}));
  Response response;
  if (!response.ParseFromString(bytes)) return encode::unreadable("an answer");
  return response;
}

template <typename Response, typename Request>
Result<void> send_only(const Client& client, std::string_view name, const Request& request,
                       Client::Service service = Client::Service::Workflow) {
  TRY(const Response response, (send<Response>(client, name, request, service)));
  static_cast<void>(response);
  return {};
}

template <typename Execution>
void set_ref(Execution* out, const WorkflowRef& run) {
  out->set_workflow_id(run.workflow_id);
  out->set_run_id(run.run_id);
}

}  // namespace fermata::temporal
