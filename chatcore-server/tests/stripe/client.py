"""Stripe's own client beside the stand-in: every call that a shop of subscriptions makes, and signatures both ways."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import stripe

PART, URL, KEY, SECRET, PRICE, FILE = sys.argv[1:]
client = stripe.StripeClient(KEY, base_addresses={"api": URL}, max_network_retries=0)
v1 = client.v1


def refused(kind, call, **fields):
    try:
        call()
    except kind as error:
        for name, value in fields.items():
            assert getattr(error, name) == value, (name, getattr(error, name), value)
        return error
    raise AssertionError(f"{kind.__name__} was expected")


class Browser(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def press(url, button):
    """Presses a button of a page. Where it leads."""
    form = urllib.parse.urlencode({"do": button}).encode()
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({}), Browser).open(url, form)
    except urllib.error.HTTPError as answer:
        return answer.headers.get("Location")


def customers():
    ann = v1.customers.create(
        {"email": "ann@example.org", "metadata": {"subject": "usr_1"}}, {"idempotency_key": "ann"}
    )
    again = v1.customers.create(
        {"email": "ann@example.org", "metadata": {"subject": "usr_1"}}, {"idempotency_key": "ann"}
    )
    assert ann.id == again.id and ann.metadata["subject"] == "usr_1"
    assert again.last_response.headers["idempotent-replayed"] == "true"
    other = lambda: v1.customers.create({"email": "bob@example.org"}, {"idempotency_key": "ann"})
    refused(stripe.IdempotencyError, other, http_status=400)
    assert v1.customers.retrieve(ann.id).email == "ann@example.org"
    assert v1.customers.update(ann.id, {"name": "Ann"}).name == "Ann"
    refused(stripe.InvalidRequestError, lambda: v1.customers.retrieve("cus_0"), code="resource_missing", http_status=404)
    refused(stripe.InvalidRequestError, lambda: v1.customers.create({"emial": "x"}), code="parameter_unknown", param="emial")
    stranger = stripe.StripeClient("sk_test_other", base_addresses={"api": URL}, max_network_retries=0)
    refused(stripe.AuthenticationError, lambda: stranger.v1.customers.create({}), http_status=401)
    return ann.id


def prices():
    product = v1.products.create({"name": "Plus & more"})
    price = v1.prices.create(
        {"product": product.id, "unit_amount": 500, "currency": "eur", "recurring": {"interval": "week"}}
    )
    assert price.recurring.interval == "week" and price.unit_amount == 500
    assert v1.prices.retrieve(price.id, {"expand": ["product"]}).product.name == "Plus & more"
    assert PRICE in [it.id for it in v1.prices.list({"active": True}).auto_paging_iter()]
    refused(stripe.InvalidRequestError, lambda: v1.prices.create({"product": product.id, "currency": "eur"}), code="parameter_missing")
    return price.id


def purchase(customer, price, **data):
    session = v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer,
            "client_reference_id": "usr_1",
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": "https://shop.example.org/?id={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example.org/",
            **data,
        }
    )
    assert session.status == "open" and session.url.startswith(URL)
    assert press(session.url, "pay") == f"https://shop.example.org/?id={session.id}"
    session = v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice"]})
    assert session.status == "complete" and session.subscription.customer == customer
    assert session.subscription.latest_invoice.status == "paid"
    return session.subscription


def subscriptions(customer):
    weekly = purchase(customer, prices())
    assert weekly.status == "active"
    item = weekly["items"].data[0]
    assert item.current_period_end - item.current_period_start == 7 * 24 * 60 * 60
    trial = purchase(customer, PRICE, subscription_data={"trial_period_days": 14, "metadata": {"a": "b"}})
    assert trial.status == "trialing" and trial.metadata["a"] == "b"
    assert trial.trial_end == trial.trial_start + 14 * 24 * 60 * 60
    ending = v1.subscriptions.update(trial.id, {"cancel_at_period_end": True})
    assert ending.cancel_at_period_end and ending.status == "trialing"
    assert not v1.subscriptions.update(trial.id, {"cancel_at_period_end": False}).cancel_at_period_end
    assert v1.subscriptions.cancel(trial.id).status == "canceled"
    refused(stripe.InvalidRequestError, lambda: v1.subscriptions.cancel(trial.id), code="resource_missing")
    listed = v1.subscriptions.list({"customer": customer, "status": "active"}).data
    assert [it.id for it in listed] == [weekly.id]
    invoices = v1.invoices.list({"customer": customer}).data
    assert sorted(it.amount_paid for it in invoices) == [0, 500]
    assert invoices[-1].parent.subscription_details.subscription == weekly.id
    return weekly.id


def portal(customer, subscription):
    session = v1.billing_portal.sessions.create({"customer": customer, "return_url": "https://shop.example.org/"})
    press(session.url, "cancel")
    ending = v1.subscriptions.retrieve(subscription)
    assert ending.cancel_at == ending["items"].data[0].current_period_end and not ending.cancel_at_period_end
    press(session.url, "resume")
    assert v1.subscriptions.retrieve(subscription).cancel_at is None


def events(subscription):
    found = list(v1.events.list({"limit": 3}).auto_paging_iter())
    assert len(found) == len({it.id for it in found}) > 10, "pages neither overlap nor leave anything out"
    assert found == sorted(found, key=lambda it: -it.created)
    last = v1.events.list({"type": "customer.subscription.updated", "limit": 1}).data[0]
    assert last.data.object.id == subscription and "cancel_at" in last.data.previous_attributes
    assert v1.events.retrieve(last.id).type == last.type
    refused(stripe.InvalidRequestError, lambda: v1.events.list({"limit": 0}))


def signatures():
    """The stand-in's signatures are taken, changed ones are not; and signatures of ours for the server to judge."""
    proven, messages = 0, []
    for body, header in json.load(open(FILE)):
        event = stripe.Webhook.construct_event(body, header, SECRET)
        assert event.object == "event" and event.id.startswith("evt_")
        stripe.Webhook.construct_event(body, header, "whsec_of_last_year")
        for bad in [(body + " ", header, SECRET), (body, header, "whsec_other"), (body, header.replace("v1=", "v2="), SECRET)]:
            refused(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(*bad))
        proven += 1
        sign = lambda secret, at: stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at)
        now = int(time.time())
        add = lambda what, header, good, body=body: messages.append(
            {"what": what, "body": body, "header": header, "good": good}
        )
        add("now", sign(SECRET, now), True)
        add("a minute ago", sign(SECRET, now - 60), True)
        add("another secret", sign("whsec_other", now), False)
        add("an hour ago", sign(SECRET, now - 3600), False)
        add("another body", sign(SECRET, now), False, body.replace("{", "{ ", 1))
    return {"proven": proven, "messages": messages}


def calls():
    customer = customers()
    subscription = subscriptions(customer)
    portal(customer, subscription)
    events(subscription)
    assert v1.customers.delete(customer).deleted
    assert v1.subscriptions.retrieve(subscription).status == "canceled"
    return {"done": True}


json.dump(calls() if PART == "calls" else signatures(), sys.stdout)
