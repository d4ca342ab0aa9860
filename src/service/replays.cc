#include "service/replays.h"

namespace fermata::service {

Result<Launched> Replays::replay(const ReplayRequest& request) {
  TRY(const store::RunView view, store_.run(request.tenant, request.run));
  LaunchRequest launch;
  launch.tenant = request.tenant;
  launch.workflow_id = view.launch.workflow_id;
  if (!request.is_latest_version) launch.version = view.launch.workflow_version;
  launch.payload = request.payload.value_or(view.launch.input);
  launch.trigger_type = "replay";
  launch.trigger_metadata = json::Object{{"replayOfRunId", request.run.text},
                                         {"reason", request.reason},
                                         {"isEdited", request.payload.has_value()}};
  launch.fire_key = request.fire_key;
  return launcher_.launch(launch);
}

}  // namespace fermata::service
