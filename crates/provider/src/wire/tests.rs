//! Bytes as the makers' references and the HTML standard show them.

use super::*;
use crate::error::ErrorKind;
use crate::request::{Message, Schema};

/// Gathers the pieces that a call would show.
#[derive(Default)]
struct Heard(String);

impl Sink for Heard {
    fn text(&mut self, piece: &str) {
        self.0.push_str(piece);
    }
}

const STREAM: &str = "text/event-stream";

fn read(family: Family, content_type: &str, chunks: Vec<Vec<u8>>) -> Result<(Reply, String)> {
    let mut heard = Heard::default();
    let raw = Raw { family: family.name(), status: 200, content_type: content_type.to_string(), chunks };
    let reply = decode(raw, false, &mut heard)?;
    Ok((reply, heard.0))
}

fn kind(family: Family, content_type: &str, body: &str) -> ErrorKind {
    read(family, content_type, vec![body.as_bytes().to_vec()]).unwrap_err().kind()
}

fn events(text: &str) -> Vec<String> {
    let read = EventReader::default().feed(text.as_bytes()).unwrap();
    read.into_iter().map(|event| event.data).collect()
}

/// The examples of the HTML standard, section 9.2.6.
#[test]
fn events_are_those_of_the_standard() {
    assert_eq!(events("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
    let stream =
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
    assert_eq!(events(stream), ["first event", "second event", " third event"]);
    assert_eq!(events("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
    assert_eq!(events("data:test\n\ndata: test\n\n"), ["test", "test"]);
    assert_eq!(events("\u{feff}data: a\r\rdata: b\r\n\r\ndata: c\n\n"), ["a", "b", "c"]);
}

/// A stream of each protocol in the shape of its reference, with a text that has characters of every length.
fn streams() -> [(Family, String); 3] {
    let chat = [
        r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
        r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"é€"},"finish_reason":null}],"usage":null}"#,
        r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"😀"},"finish_reason":null}],"usage":null}"#,
        r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
        r#"{"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2}}}"#,
        "[DONE]",
    ];
    let responses = [
        r#"{"type":"response.created","sequence_number":0,"response":{"status":"in_progress"}}"#,
        r#"{"type":"response.output_text.delta","sequence_number":1,"delta":"é€"}"#,
        r#"{"type":"response.output_text.delta","sequence_number":2,"delta":"😀"}"#,
        r#"{"type":"response.completed","sequence_number":3,"response":{"model":"m","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"é€😀"}]}],"usage":{"input_tokens":7,"output_tokens":3,"input_tokens_details":{"cached_tokens":2}}}}"#,
    ];
    let messages = [
        r#"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"é€"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"😀"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}"#,
        r#"{"type":"message_stop"}"#,
    ];
    let put = |events: &[&str]| events.iter().map(|data| format!("data: {data}\n\n")).collect::<String>();
    [(Family::Chat, put(&chat)), (Family::Responses, put(&responses)), (Family::Messages, put(&messages))]
}

#[test]
fn a_stream_reads_the_same_at_every_cut_into_pieces() {
    for (family, stream) in streams() {
        for ornate in [false, true] {
            let stream = if ornate { stream.replace('\n', "\r\n") + ": bye\r\n\r\n" } else { stream.clone() };
            let bytes = stream.as_bytes();
            let expected = Usage { input_tokens: 7, output_tokens: 3, cached_tokens: 2 };
            let cuts = (1..bytes.len()).map(|at| vec![bytes[..at].to_vec(), bytes[at..].to_vec()]);
            let single = vec![bytes.iter().map(|byte| vec![*byte]).collect::<Vec<_>>()];
            for chunks in cuts.chain(single) {
                let (reply, heard) = read(family, STREAM, chunks).unwrap();
                assert_eq!((reply.text.as_str(), heard.as_str()), ("é€😀", "é€😀"), "{family:?}");
                assert_eq!(reply.usage, Some(expected), "{family:?}");
                assert_eq!((reply.finish, reply.model.as_str()), (FinishReason::Stop, "m"), "{family:?}");
            }
        }
    }
}

#[test]
fn a_stream_that_ends_early_is_cut_at_every_byte() {
    for (family, stream) in streams() {
        // Chat is over with its reason; what follows tells the usage alone.
        let over = stream
            .find("finish_reason\":\"stop\"")
            .map_or(stream.len(), |at| at + stream[at..].find("\n\n").unwrap_or_default() + 2);
        for at in 0..over {
            let error = read(family, STREAM, vec![stream.as_bytes()[..at].to_vec()]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CutStream, "{family:?} cut at {at}: {error}");
        }
    }
}

#[test]
fn what_follows_the_last_event_belongs_to_no_reply() {
    for (family, stream) in streams() {
        let (reply, heard) = read(family, STREAM, vec![stream.repeat(2).into_bytes()]).unwrap();
        assert_eq!((reply.text.as_str(), heard.as_str()), ("é€😀", "é€😀"), "{family:?}");
    }
}

#[test]
fn an_error_within_a_stream_has_its_class() {
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
    assert_eq!(kind(Family::Messages, STREAM, overloaded), ErrorKind::Overloaded);
    let limited = "data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"x\"}\n\n";
    assert_eq!(kind(Family::Responses, STREAM, limited), ErrorKind::RateLimited);
    let gateway = "data: {\"error\":{\"code\":503,\"message\":\"x\"}}\n\n";
    assert_eq!(kind(Family::Chat, STREAM, gateway), ErrorKind::Overloaded);
}

#[test]
fn what_is_no_reply_is_malformed() {
    let cases = [
        (Family::Chat, "application/json", "{\"choices\":[]}"),
        (Family::Chat, "application/json", "{\"choices\":["),
        (Family::Chat, "application/json", "<html>"),
        (
            Family::Chat,
            "application/json",
            r#"{"choices":[{"message":{"content":7},"finish_reason":"stop"}]}"#,
        ),
        (
            Family::Chat,
            "application/json",
            r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":-1,"completion_tokens":1}}"#,
        ),
        (Family::Messages, "application/json", r#"{"content":[{"type":"text"}],"stop_reason":"end_turn"}"#),
        (Family::Responses, "application/json", r#"{"output":[],"status":"queued"}"#),
        (Family::Chat, STREAM, "data: {\"id\":\"a\"}\n\ndata: {\"id\":\"b\"}\n\n"),
        (Family::Messages, STREAM, "data: {\"type\":\"content_block_delta\",\"index\":0}\n\n"),
        (
            Family::Responses,
            STREAM,
            "data: {\"type\":\"x\",\"sequence_number\":0}\n\ndata: {\"type\":\"x\",\"sequence_number\":2}\n\n",
        ),
    ];
    for (family, content_type, body) in cases {
        assert_eq!(kind(family, content_type, body), ErrorKind::Malformed, "{family:?} {body}");
    }
    let bytes = vec![b"data: \xFF\n\n".to_vec()];
    assert_eq!(read(Family::Chat, STREAM, bytes).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn half_a_usage_is_none() {
    let body = r#"{"model":"m","choices":[{"message":{"content":"a"},"finish_reason":"length"}],"usage":{"prompt_tokens":4}}"#;
    let (reply, _) = read(Family::Chat, "application/json", vec![body.as_bytes().to_vec()]).unwrap();
    assert_eq!((reply.usage, reply.finish), (None, FinishReason::Length));
}

#[test]
fn a_refusal_is_an_error_with_its_usage() {
    let body =
        r#"{"model":"m","content":[],"stop_reason":"refusal","usage":{"input_tokens":4,"output_tokens":2}}"#;
    let error = read(Family::Messages, "application/json", vec![body.as_bytes().to_vec()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.usage(), Some(Usage { input_tokens: 4, output_tokens: 2, cached_tokens: 0 }));
}

#[test]
fn a_reply_under_a_schema_is_json() {
    let read = |text: &str| {
        let message =
            serde_json::json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]});
        let chunks = vec![message.to_string().into_bytes()];
        let raw = Raw { family: "openai.chat", status: 200, content_type: "application/json".into(), chunks };
        decode(raw, true, &mut Heard::default())
    };
    assert_eq!(read("{\"a\": 1}").unwrap().value, Some(serde_json::json!({"a": 1})));
    assert_eq!(read("sure: {}").unwrap_err().kind(), ErrorKind::Malformed);
}

fn asked() -> Request {
    let messages = vec![Message::system("be short"), Message::user("why?")];
    let mut request = Request::new("m", messages, 5);
    request.parameters.temperature = Some(0.5);
    request
}

/// The shapes are those of the makers' references.
#[test]
fn a_request_is_written_as_each_protocol_wants_it() {
    let mut request = asked();
    request.schema = Some(Schema { name: "s".into(), json: serde_json::json!({"type": "object"}) });
    let chat = Family::Chat.body(&request, OutputLimit::MaxCompletionTokens).unwrap();
    let expected = serde_json::json!({
        "model": "m",
        "messages": [{"role": "system", "content": "be short"}, {"role": "user", "content": "why?"}],
        "max_completion_tokens": 5, "temperature": 0.5,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": true},
        },
    });
    assert_eq!(chat, expected);
    let expected = serde_json::json!({
        "model": "m",
        "input": [{"role": "system", "content": "be short"}, {"role": "user", "content": "why?"}],
        "max_output_tokens": 5, "temperature": 0.5, "store": false,
        "text": {"format": {"type": "json_schema", "name": "s", "schema": {"type": "object"}, "strict": true}},
    });
    assert_eq!(Family::Responses.body(&request, OutputLimit::MaxTokens).unwrap(), expected);
    request.schema = None;
    request.parameters.stop = vec!["\n".into()];
    let expected = serde_json::json!({
        "model": "m", "system": "be short", "messages": [{"role": "user", "content": "why?"}],
        "max_tokens": 5, "temperature": 0.5, "stop_sequences": ["\n"],
    });
    assert_eq!(Family::Messages.body(&request, OutputLimit::MaxTokens).unwrap(), expected);
}

#[test]
fn what_a_protocol_lacks_is_refused_and_named() {
    let mut request = asked();
    request.parameters.seed = Some(1);
    for family in [Family::Responses, Family::Messages] {
        let error = family.body(&request, OutputLimit::MaxTokens).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("seed"), "{error}");
    }
    let mut request = asked();
    request.messages.push(Message::system("more"));
    let error = Family::Messages.body(&request, OutputLimit::MaxTokens).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

proptest::proptest! {
    /// Bytes of a stream, changed at random places, in random pieces: a reply or an error, never a panic, and what was
    /// heard is what the reply holds.
    #[test]
    fn spoilt_bytes_are_survived(
        which in 0usize..3,
        changes in proptest::collection::vec((0usize..2_000, proptest::num::u8::ANY), 0..4),
        piece in 1usize..50,
        is_stream: bool,
    ) {
        let (family, stream) = streams().into_iter().nth(which).unwrap();
        let mut bytes = stream.into_bytes();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let content_type = if is_stream { STREAM } else { "application/json" };
        let chunks: Vec<Vec<u8>> = bytes.chunks(piece).map(<[u8]>::to_vec).collect();
        if let Ok((reply, heard)) = read(family, content_type, chunks) {
            proptest::prop_assert_eq!(reply.text, heard);
        }
    }
}
