//! Stories: what is answered to what, in tables of cases (`tests/cases`), told to a service's API over AWS JSON from the
//! first line to the last. For the doors' own tests: no server, no signature.
//!
//! A case is two lines, `Operation {request}` and its answer: a status, then for errors the code and the text (if there is
//! one), for others the body. Lines that begin with `#` are comments, empty ones are nothing.
//!
//! - `<<text*count>>`, anywhere, is a repetition.
//! - `*` in an answer stands for anything.
//! - `$name` in an answer stands for anything up to what follows it, and from then on, in requests too, for what it stood
//!   for the first time. `$_` is never kept.

pub mod compatibility;
mod pattern;
mod read;

use aws_json::Protocol;
use identity::Caller;
use pattern::Names;
use read::{Case, read};
use service_kit::{Call, JsonApi, RequestId};

/// Characters of a request or an answer that a complaint shows.
const SHOWN_CHARS: usize = 600;

/// Tells a story and says what was answered otherwise than it goes; nothing is the aim. `ask` gets the operation as it
/// stands in the story and the request, and gives the status and the body of the answer.
pub async fn tell(
    protocol: &Protocol,
    story: &str,
    mut ask: impl AsyncFnMut(&str, &str) -> (u16, String),
) -> Vec<String> {
    let (mut names, mut wrong) = (Names::default(), Vec::new());
    for Case { line, operation, request, answer: wanted } in read(story) {
        let request = names.put_into(&request);
        let found = shown(protocol, ask(&operation, &request).await);
        if !names.matches(&wanted, &found) {
            let [request, wanted, found] = [request, names.put_into(&wanted), found].map(shortened);
            wrong.push(format!("line {line}: {operation} {request}\n  wanted {wanted}\n  found  {found}"));
        }
    }
    wrong
}

/// What an API answers to a request that has come through the server: the status and the body.
pub async fn ask(api: &dyn JsonApi, caller: Caller, operation: &str, request: &str) -> (u16, String) {
    let known = api.operations().iter().find(|known| **known == operation);
    let call = Call {
        operation: known.unwrap_or_else(|| panic!("no operation {operation}")),
        body: request.to_owned().into(),
        caller,
        request_id: RequestId::generate(),
        trace_parent: None,
        host: "service.example:7000".to_owned(),
    };
    let (status, body) = match api.call(call).await {
        Ok(body) => (200, body),
        Err(failure) => {
            let fault = failure.fault();
            let body = api.protocol().error(fault.reason(), &fault.public_message(), failure.members());
            (fault.kind().http_status(), body)
        }
    };
    (status, String::from_utf8(body).expect("an answer is text"))
}

/// What is answered, in the words of the cases.
fn shown(protocol: &Protocol, (status, body): (u16, String)) -> String {
    if status == 200 {
        return format!("200 {body}").trim_end().to_owned();
    }
    let json: serde_json::Value = serde_json::from_str(&body).expect("an error is JSON");
    let code = json["__type"].as_str().and_then(|code| code.rsplit('#').next()).expect("an error has a code");
    // One spelling for each code.
    let name = if protocol.capital_message.contains(&code) { "Message" } else { "message" };
    let text = json.get(name).map_or(String::new(), |text| format!(" {}", text.as_str().unwrap_or_default()));
    let item = json.get("Item").map_or(String::new(), |item| format!(" {item}"));
    format!("{status} {code}{text}{item}")
}

fn shortened(text: String) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}
