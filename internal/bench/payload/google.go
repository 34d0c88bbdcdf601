package payload

// EventType is the type of the CloudEvents.
const EventType = "com.example.order.placed"

// EventHeader is that of an event in binary mode, whose body is an Order.
var EventHeader = map[string]string{
	"Ce-Specversion": "1.0", "Ce-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd", "Ce-Source": "/shop", "Ce-Type": EventType,
	"Ce-Subject": "order%2017", "Ce-Time": "2026-03-12T19:03:58Z", "Content-Type": "application/json",
}
