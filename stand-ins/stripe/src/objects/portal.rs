//! Sessions of the billing portal.

use serde_json::{Value, json};

use super::checkout::is_address;
use crate::failure::Failure;
use crate::params::Params;
use crate::world::World;

pub(crate) fn create(world: &mut World, home: &str, params: &Params) -> Result<Value, Failure> {
    params.only(&["customer", "return_url", "configuration", "locale"])?;
    let customer = world.get("customer", params.required("/customer")?)?;
    let return_url = params.text("/return_url");
    if return_url.is_some_and(|url| !is_address(url)) {
        return Err(Failure::parameter("url_invalid", "return_url"));
    }
    let id = world.mint("bps");
    let session = json!({
        "id": id, "object": "billing_portal.session", "configuration": "bpc_1", "created": world.now(),
        "customer": customer["id"], "flow": null, "livemode": false, "locale": null, "on_behalf_of": null,
        "return_url": return_url, "url": format!("{home}/p/session/{id}"),
    });
    Ok(world.put(session))
}
