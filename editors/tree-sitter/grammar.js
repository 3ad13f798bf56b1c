/// <reference types="tree-sitter-cli/dsl" />
// Precedence and keywords are the language's own tables. Where a newline ends a statement, `src/scanner.c` says.

const fs = require("fs");
const path = require("path");

const OPERATORS = JSON.parse(fs.readFileSync(path.join(__dirname, "../../crates/syntax/operators.json"), "utf8"));
const POWER = Object.fromEntries(OPERATORS.map((row, index) => [row.name, index + 1]));
const LOOSEST = -1;

const HEADER = fs.readFileSync(path.join(__dirname, "src/keywords.h"), "utf8");
const KEYWORDS = Array.from(HEADER.matchAll(/^ *"(\w+)",$/gm), (line) => line[1]);

/** Words that begin a statement or an operand, and are names elsewhere. */
const CONTEXTUAL = [
  "pub", "async", "test", "state", "type", "const", "import", "use", "bind", "grant", "extern", "trait", "impl", "pipeline", "machine", "memory", "agent",
  "orchestration", "guardrail",
  "effect", "handler", "emit", "yield", "assert", "spawn", "parallel", "race", "vote", "select",
];

const commas1 = (rule) => seq(rule, repeat(seq(",", rule)), optional(","));
const commas = (rule) => optional(commas1(rule));

/** One a line, or with commas between. */
const members = ($, rule) =>
  seq(optional($._newline), repeat(seq(rule, choice(seq($._newline, optional(",")), ","))), optional(rule), "end");

const binary = ($) =>
  OPERATORS.filter((row) => row.groups !== "prefix" && row.name !== "postfix").flatMap((row) =>
    row.operators
      .filter((operator) => operator !== "is")
      .map((operator) => {
        const word = operator === "not in" ? seq("not", "in") : operator;
        const rule = seq(field("left", $._expression), field("operator", word), field("right", $._expression));
        // That a chain of comparisons is an error is for the compiler to say.
        return (row.groups === "right" ? prec.right : prec.left)(POWER[row.name], rule);
      }),
  );

module.exports = grammar({
  name: "lumen",

  word: ($) => $.identifier,

  // No keyword is read as a name where it has no place.
  reserved: { hard: () => KEYWORDS },

  extras: ($) => [/[ \t\f\r\n]/, /\\[ \t]*\r?\n/, $.comment, $.documentation],

  externals: ($) => [
    $._newline,
    $._arm_newline,
    $._clause_newline,
    $._grant_newline,
    $._same_line,
    $.else_if,
    $._string_text,
    $._triple_text,
    $.role_text,
    $._error_recovery,
  ],

  rules: {
    source_file: ($) => seq(repeat(choice($._newline, $.attribute, seq($._item, $._newline))), optional($._item)),

    comment: () => token(/#[^\n]*/),
    documentation: () => token(/```([^`]|`[^`]|``[^`])*```/),

    // ---- declarations

    _item: ($) => choice($._declaration, seq("pub", choice($._declaration, $.cell_declaration)), $._statement),

    _declaration: ($) =>
      choice(
        $.record_declaration,
        $.enum_declaration,
        $.const_declaration,
        $.type_declaration,
        $.trait_declaration,
        $.impl_declaration,
        $.pipeline_declaration,
        $.machine_declaration,
        $.memory_declaration,
        $.process_declaration,
        $.effect_declaration,
        $.handler_declaration,
        $.import_declaration,
        $.tool_declaration,
        $.bind_declaration,
        $.grant_declaration,
        $.state_declaration,
        $.test_declaration,
        $.extern_declaration,
      ),

    attribute: ($) =>
      prec.right(seq("@", field("name", $._word), optional(choice($.arguments, $.string, $.raw_string, $.integer)))),

    _attributes: ($) => repeat1(seq($.attribute, optional($._newline))),

    record_declaration: ($) =>
      seq(
        "record",
        field("name", $.identifier),
        optional($.type_parameters),
        choice(seq("(", commas($.field), ")"), members($, choice($.field, $._member_cell))),
      ),

    field: ($) =>
      seq(
        optional($._attributes),
        field("name", $._any_word),
        ":",
        field("type", $._type),
        optional(seq("=", field("default", $._expression))),
        optional($.where_clause),
      ),

    where_clause: ($) => seq("where", $._expression),

    _member_cell: ($) => seq(optional($._attributes), optional("pub"), $.cell_declaration),

    enum_declaration: ($) =>
      seq(
        "enum",
        field("name", $.identifier),
        optional($.type_parameters),
        members($, choice($.variant, $._member_cell)),
      ),

    variant: ($) =>
      seq(field("name", $.identifier), optional(seq("(", commas(choice($.variant_field, $._type)), ")"))),
    variant_field: ($) => seq(field("name", $.identifier), ":", $._type),

    cell_declaration: ($) =>
      seq($._signature, choice(seq("=", field("body", $._expression)), seq(optional($._body), "end"))),

    _signature: ($) =>
      seq(
        optional("async"),
        "cell",
        field("name", $.path),
        optional($.type_parameters),
        $.parameters,
        optional($._return_type),
        optional($.effect_row),
      ),
    signature: ($) => $._signature,
    _return_type: ($) => seq("->", field("return_type", $._type)),

    type_parameters: ($) => seq("[", commas($.type_parameter), "]"),
    type_parameter: ($) => seq(field("name", $.identifier), optional($._bounds)),
    _bounds: ($) => seq(":", $._type, repeat(seq("+", $._type))),

    parameters: ($) => seq("(", commas($.parameter), ")"),
    parameter: ($) =>
      seq(
        optional("..."),
        field("name", $.identifier),
        optional(seq(":", field("type", $._type))),
        optional(seq("=", field("default", $._expression))),
      ),

    effect_row: ($) => seq("/", choice($.path, seq("{", commas($.path), "}"))),

    const_declaration: ($) =>
      seq("const", field("name", $.identifier), optional(seq(":", $._type)), "=", $._expression),

    type_declaration: ($) =>
      seq(
        "type",
        field("name", $.identifier),
        optional($.type_parameters),
        "=",
        $._type,
        optional($.where_clause),
      ),

    trait_declaration: ($) =>
      seq(
        "trait",
        field("name", $.identifier),
        optional($.type_parameters),
        optional($._bounds),
        optional($._newline),
        repeat(choice(seq($.attribute, optional($._newline)), seq(optional("pub"), $._trait_member))),
        "end",
      ),

    // A signature alone has no body: its next line starts another method, or is the trait's `end`.
    _trait_member: ($) =>
      choice(
        alias($._trait_signature, $.signature),
        seq(alias($._trait_expression, $.cell_declaration), $._newline),
        seq(alias($._trait_block, $.cell_declaration), $._newline),
      ),
    _trait_signature: ($) => prec(1, seq($._signature, $._newline)),
    _trait_expression: ($) => seq($._signature, "=", field("body", $._expression)),
    _trait_block: ($) => seq($._signature, $._newline, field("body", alias($._trait_body, $.block)), "end"),
    _trait_body: ($) => seq($._plain_statement, repeat(seq($._newline, $._statement)), optional($._newline)),

    impl_declaration: ($) =>
      seq(
        "impl",
        optional($.type_parameters),
        $._type,
        optional(seq("for", $._type)),
        members($, $._member_cell),
      ),

    pipeline_declaration: ($) =>
      seq("pipeline", field("name", $.identifier), optional($._base), members($, choice($._member_cell, $.grant_declaration, $.stages))),
    stages: ($) => seq("stages", ":", optional("->"), $.identifier, repeat(seq("->", $.identifier))),

    machine_declaration: ($) =>
      seq("machine", field("name", $.identifier), optional($._base), members($, choice($._member_cell, $.grant_declaration, $.setting, $.machine_state))),
    machine_state: ($) =>
      seq(
        "state",
        field("name", $.identifier),
        optional($.parameters),
        members($, choice($.setting, $.transition, $.on_enter)),
      ),
    memory_declaration: ($) =>
      seq(
        "memory",
        field("name", $.identifier),
        optional(seq(":", field("type", $._type))),
        members($, choice($._member_cell, $.grant_declaration)),
      ),
    process_declaration: ($) =>
      seq(
        choice("agent", "orchestration", "guardrail"),
        field("name", $.identifier),
        optional($._base),
        members($, choice($._member_cell, $.grant_declaration, $.setting)),
      ),
    _base: ($) => seq(":", field("base", $.identifier)),
    setting: ($) => seq(field("name", $.identifier), ":", field("value", $._expression)),
    transition: ($) => seq("transition", field("state", $.identifier), optional($.arguments)),
    // The parentheses are its own, and no empty tuple in its body.
    on_enter: ($) => prec(1, seq("on_enter", optional(seq("(", ")")), optional($.effect_row), optional($._body), "end")),

    effect_declaration: ($) => seq("effect", field("name", $.identifier), members($, $.signature)),

    handler_declaration: ($) => seq("handler", field("name", $.identifier), members($, $.handler_clause)),
    handler_clause: ($) =>
      seq("handle", field("name", $.path), $.parameters, optional($._return_type), optional($._body), "end"),

    import_declaration: ($) => seq("import", $.path, optional(seq(":", choice("*", commas1($.imported_name))))),
    imported_name: ($) => seq($.identifier, optional(seq("as", $.identifier))),

    tool_declaration: ($) =>
      seq("use", "tool", $.path, "as", field("name", $.identifier), optional(seq("from", choice($.string, $.raw_string)))),
    bind_declaration: ($) => seq("bind", "effect", $.path, "to", field("name", $.identifier)),

    grant_declaration: ($) => seq("grant", $.path, repeat(seq(optional($._grant_newline), $.grant_key))),
    grant_key: ($) => seq(field("name", $.identifier), choice($._literal, $.list)),

    state_declaration: ($) =>
      seq("state", field("name", $.identifier), ":", $._type, optional(seq("=", $._expression))),

    test_declaration: ($) => seq("test", field("name", $.string), optional($._body), "end"),

    extern_declaration: ($) => seq("extern", choice($.signature, seq("impl", $._type, members($, $.signature)))),

    // ---- blocks and statements

    block: ($) => prec.right(seq($._statement, repeat(seq($._newline, $._statement)), optional($._newline))),
    _body: ($) => choice($._newline, seq(optional($._newline), field("body", $.block))),
    // What stands behind a condition: its first statement could go on with it.
    _guarded_body: ($) => choice($._newline, seq(choice($._newline, $._same_line), field("body", $.block))),

    _statement: ($) => choice($._plain_statement, $.cell_declaration),

    _plain_statement: ($) =>
      choice(
        $.let_statement,
        $.assignment,
        $.for_statement,
        $.while_statement,
        $.break_statement,
        $.continue_statement,
        $.return_statement,
        $.emit_statement,
        $.yield_statement,
        $.assert_statement,
        $.defer_statement,
        $._expression,
      ),

    let_statement: ($) =>
      prec.right(
        seq(
          "let",
          optional("mut"),
          field("pattern", $._pattern),
          optional(seq(":", field("type", $._type))),
          "=",
          field("value", $._expression),
          optional(seq("else", optional($._body), "end")),
        ),
      ),

    assignment: ($) =>
      seq(
        field("place", choice($.identifier, $._contextual_name, $.field_expression, $.index_expression)),
        field("operator", choice("=", "+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=")),
        field("value", $._expression),
      ),

    for_statement: ($) =>
      seq(
        "for",
        optional($.label),
        field("pattern", $._pattern),
        "in",
        field("iterable", $._expression),
        optional(seq("if", field("filter", $._expression))),
        choice(seq("do", optional($._body)), $._guarded_body),
        "end",
      ),

    while_statement: ($) =>
      seq("while", optional($.label), $._condition, choice(seq("do", optional($._body)), $._guarded_body), "end"),

    break_statement: ($) => prec.right(seq("break", optional($.label), optional($._expression))),
    continue_statement: ($) => seq("continue", optional($.label)),
    return_statement: ($) => prec.right(seq("return", optional($._expression))),
    emit_statement: ($) => seq("emit", $._expression),
    yield_statement: ($) => seq("yield", $._expression),
    assert_statement: ($) => prec.right(seq("assert", $._expression, optional(seq(",", $._expression)))),
    defer_statement: ($) => seq("defer", optional($._body), "end"),

    label: ($) => seq("@", $.identifier),

    _condition: ($) => choice(seq("let", $._pattern, "=", $._expression), $._expression),

    // ---- expressions

    _expression: ($) =>
      choice(
        $.identifier,
        $._contextual_name,
        $._literal,
        $.parenthesized_expression,
        $.tuple,
        $.list,
        $.list_comprehension,
        $.braces,
        $.brace_comprehension,
        $.unary_expression,
        $.binary_expression,
        $.is_expression,
        $.field_expression,
        $.index_expression,
        $.call_expression,
        $.postfix_expression,
        $.cast_expression,
        $.schema_expression,
        $.try_expression,
        $.await_expression,
        $.tasks_expression,
        $.spawn_expression,
        $.lambda,
        $.if_expression,
        $.match_expression,
        $.when_expression,
        $.loop_expression,
        $.do_expression,
        $.comptime_expression,
        $.role_expression,
        $.upsert_expression,
        $.perform_expression,
        $.handle_expression,
      ),

    _contextual_name: ($) => prec(LOOSEST, alias(choice(...CONTEXTUAL), $.identifier)),
    // Behind a dot every word is a name.
    _word: ($) => alias(token(/[_A-Za-z][_A-Za-z0-9]*/), $.identifier),
    // Before a colon, too.
    _any_word: ($) => choice($.identifier, alias(choice(...KEYWORDS, ...CONTEXTUAL), $.identifier)),

    parenthesized_expression: ($) => seq("(", $._expression, ")"),
    tuple: ($) => seq("(", optional(seq($._expression, ",", commas($._expression))), ")"),
    spread: ($) => seq("...", $._expression),
    list: ($) => seq("[", commas(choice($._expression, $.spread)), "]"),
    list_comprehension: ($) => seq("[", $._expression, repeat1($.comprehension_clause), "]"),
    pair: ($) => seq(field("key", $._expression), ":", field("value", $._expression)),
    braces: ($) => seq("{", commas(choice($._expression, $.pair, $.spread)), "}"),
    brace_comprehension: ($) => seq("{", choice($._expression, $.pair), repeat1($.comprehension_clause), "}"),
    comprehension_clause: ($) =>
      seq("for", $._pattern, "in", $._expression, optional(seq("if", $._expression))),

    unary_expression: ($) =>
      choice(
        prec(POWER.not, seq(field("operator", "not"), $._expression)),
        prec(POWER.sign, seq(field("operator", choice("-", "~")), $._expression)),
      ),
    binary_expression: ($) => choice(...binary($)),
    is_expression: ($) => prec.left(POWER.compare, seq($._expression, "is", optional("not"), $._type_atom)),

    field_expression: ($) =>
      prec(POWER.postfix, seq($._expression, choice(".", "?."), field("name", choice($._word, $.integer, $.float)))),
    // Type arguments of a call read as an index, which only types can tell apart.
    index_expression: ($) =>
      prec(POWER.postfix, seq($._expression, choice("[", "?["), choice($.open_range, commas1($._expression)), "]")),
    open_range: ($) =>
      choice(
        seq(choice("..", "..="), optional($._expression)),
        prec.left(POWER.range, seq($._expression, choice("..", "..="))),
      ),
    call_expression: ($) =>
      prec(
        POWER.postfix,
        choice(
          seq(field("function", $._expression), $.arguments),
          seq($.call_expression, $.trailing_lambda),
        ),
      ),
    arguments: ($) => seq("(", commas(choice($._expression, $.spread, $.named_argument)), ")"),
    named_argument: ($) => seq(field("name", $._any_word), ":", optional("..."), $._expression),
    trailing_lambda: ($) =>
      seq(alias($._do_bar, "do"), commas($.bar_parameter), "|", optional($._body), "end"),
    _do_bar: () => token(/do[ \t]*\|/),
    bar_parameter: ($) => seq(field("name", $.identifier), optional(seq(":", $._type_atom))),
    postfix_expression: ($) => prec(POWER.postfix, seq($._expression, field("operator", choice("?", "!")))),
    cast_expression: ($) => prec(POWER.postfix, seq($._expression, "as", $._type_atom)),
    schema_expression: ($) => prec(POWER.postfix, seq($._expression, "expect", "schema", $._type_atom)),

    try_expression: ($) =>
      choice(
        prec(POWER.prefix, seq("try", $._expression)),
        prec.right(
          POWER.prefix + 1,
          seq(
            "try",
            $._expression,
            "else",
            optional(seq("|", field("name", $.identifier), "|")),
            prec.right(LOOSEST, $._expression),
          ),
        ),
      ),
    await_expression: ($) => prec(POWER.prefix, seq("await", $._expression)),
    spawn_expression: ($) => prec(POWER.prefix, seq("spawn", $._expression)),
    tasks_expression: ($) =>
      seq(
        "await",
        choice(
          seq(
            "parallel",
            optional($.arguments),
            optional(seq("for", $._pattern, "in", $._expression)),
          ),
          choice("race", "vote", "select"),
        ),
        $._newline,
        optional(field("body", $.block)),
        "end",
      ),

    lambda: ($) =>
      choice(
        prec.right(
          LOOSEST,
          seq($._lambda_head, "=>", field("body", choice($._expression, $.brace_block))),
        ),
        seq($._lambda_head, optional($._body), "end"),
      ),
    _lambda_head: ($) => seq(choice("fn", "cell"), $.parameters, optional($._return_type)),
    // After `=>`, braces around an assignment are a block.
    brace_block: ($) =>
      seq("{", $.assignment, repeat(seq($._newline, $._statement)), optional($._newline), "}"),

    if_expression: ($) => seq("if", $._condition, $._if_rest),
    // A block that stands with its `then` and `else` on one line wants no `end`.
    _if_rest: ($) =>
      choice(
        prec.right(seq("then", $._single_body, "else", $._single_body, optional("end"))),
        seq("then", $._single_body, "else", $._newline, optional(field("otherwise", $.block)), "end"),
        seq("then", $._single_body, choice("end", $._if_more)),
        seq($._if_body, choice("end", seq("else", optional($._body), "end"), $._if_more)),
      ),
    _if_more: ($) => seq(choice("elif", $.else_if), $._condition, $._if_rest),
    _if_body: ($) =>
      choice(
        $._guarded_body,
        seq("then", $._newline, optional(field("body", $.block))),
        seq("then", field("body", alias($._lines, $.block))),
      ),
    _single_body: ($) => field("body", alias($._one, $.block)),
    _one: ($) => $._statement,
    _lines: ($) =>
      seq($._statement, $._newline, optional(seq($._statement, repeat(seq($._newline, $._statement)), optional($._newline)))),

    match_expression: ($) =>
      seq("match", field("subject", $._expression), choice(repeat1(seq($._arm_newline, $.arm)), optional($._newline)), "end"),
    arm: ($) =>
      prec.right(seq($._pattern, optional(seq("if", field("guard", $._expression))), "->", optional($._body))),

    when_expression: ($) =>
      seq(
        "when",
        optional($._newline),
        optional(seq($.when_arm, repeat(seq($._newline, $.when_arm)), optional($._newline))),
        "end",
      ),
    when_arm: ($) => seq(field("condition", $._expression), "->", field("value", $._expression)),

    loop_expression: ($) => seq("loop", optional($.label), optional($._body), "end"),
    do_expression: ($) => seq("do", optional($._body), "end"),
    comptime_expression: ($) => seq("comptime", optional($._body), "end"),
    role_expression: ($) => seq($.role_name, $.role_text),
    // No name is followed by another name and a colon.
    role_name: () => token(prec(1, /role[ \t]+[_A-Za-z][_A-Za-z0-9]*[ \t]*:/)),

    upsert_expression: ($) =>
      seq(
        "upsert",
        $._newline,
        repeat1(seq($.assignment, $._newline)),
        optional(seq($.where_clause, $._newline)),
        "because",
        field("reason", $._expression),
        optional($._newline),
        "end",
      ),

    perform_expression: ($) => seq("perform", $.path, $.arguments),

    handle_expression: ($) =>
      seq(
        "handle",
        optional($._body),
        "with",
        choice(
          seq(optional($._newline), field("handler", $.path), optional($._newline)),
          seq(
            optional($._clause_newline),
            $.with_clause,
            repeat(seq($._clause_newline, $.with_clause)),
          ),
        ),
        "end",
      ),
    with_clause: ($) => prec.right(seq(field("operation", $.path), $.parameters, "=>", optional($._body))),

    // ---- patterns

    _pattern: ($) =>
      choice(
        $._pattern_atom,
        $.typed_pattern,
        $.or_pattern,
        $.as_pattern,
      ),
    _pattern_atom: ($) =>
      prec(
        POWER.postfix + 2,
        choice($.identifier, $.literal_pattern, $.range_pattern, $.tuple_pattern, $.list_pattern, $.constructor_pattern),
      ),
    or_pattern: ($) => prec.left(2, seq($._pattern, "|", $._pattern)),
    as_pattern: ($) => prec.left(1, seq($._pattern, "as", field("name", $.identifier))),
    typed_pattern: ($) => seq(field("name", $.identifier), ":", field("type", $._type)),
    literal_pattern: ($) => prec(POWER.postfix + 2, $._pattern_literal),
    _pattern_literal: ($) => seq(optional("-"), $._literal),
    range_pattern: ($) =>
      prec(POWER.postfix + 2, seq($._pattern_literal, choice("..", "..="), $._pattern_literal)),
    tuple_pattern: ($) => prec(POWER.postfix + 2, seq("(", commas($._pattern), ")")),
    list_pattern: ($) => seq("[", commas(choice($._pattern, $.rest_pattern)), "]"),
    rest_pattern: ($) => seq("...", optional($.identifier)),
    constructor_pattern: ($) =>
      prec(
        POWER.postfix + 2,
        choice(seq($.identifier, $.pattern_arguments), seq(alias($._dotted, $.path), optional($.pattern_arguments))),
      ),
    pattern_arguments: ($) => seq("(", commas(choice($._pattern, $.field_pattern, "..")), ")"),
    field_pattern: ($) => prec.right(seq(field("name", $.identifier), ":", optional($._pattern))),

    // ---- types

    _type: ($) => choice($._type_atom, $.union_type),
    union_type: ($) => prec.left(3, seq($._type, "|", $._type_atom)),
    _type_atom: ($) =>
      choice($.named_type, $.optional_type, $.tuple_type, $.function_type, $.structure_type, $.integer, $.null),
    optional_type: ($) => prec(POWER.postfix + 1, seq($._type_atom, choice("?", "??"))),
    named_type: ($) => prec.right(POWER.postfix + 1, seq($.path, optional($.type_arguments))),
    type_arguments: ($) => seq("[", commas1($._type), "]"),
    tuple_type: ($) => seq("(", commas($._type), ")"),
    function_type: ($) =>
      prec.right(
        1,
        choice(
          seq("fn", "(", commas($._type), ")", "->", $._type, optional($.effect_row)),
          seq($.tuple_type, "->", $._type, optional($.effect_row)),
        ),
      ),
    structure_type: ($) => seq("{", commas(seq(field("name", $._any_word), ":", $._type)), "}"),

    path: ($) => prec.right(POWER.postfix + 1, seq($.identifier, repeat(seq(".", $._word)))),
    _dotted: ($) => prec.right(POWER.postfix + 2, seq($.identifier, repeat1(seq(".", $._word)))),

    // ---- literals

    // `C(n: 1)` compares a field, rather than giving it a type.
    _literal: ($) =>
      prec(1, choice($.integer, $.float, $.string, $.raw_string, $.bytes, $.true, $.false, $.null)),
    true: () => "true",
    false: () => "false",
    null: () => "null",
    integer: () => token(/0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*/),
    float: () => token(/[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9]+)?|[0-9][0-9_]*[eE][+-]?[0-9]+/),
    raw_string: () => token(/r"[^"\n]*"/),
    bytes: () => token(/b"[^"\n]*"/),
    string: ($) =>
      choice(
        seq('"', repeat(choice($._string_text, $.escape, $.interpolation)), token.immediate('"')),
        seq('"""', repeat(choice($._triple_text, $.escape, $.interpolation)), token.immediate('"""')),
      ),
    escape: () => token.immediate(/\\(u\{[0-9a-fA-F]*\}|x[0-9a-fA-F]{2}|[^ux])/),
    interpolation: ($) =>
      seq(token.immediate("{"), $._expression, optional(seq(":", optional($.format))), "}"),
    // `#` begins no comment here.
    format: () => token.immediate(prec(1, /[^{}\n]+/)),

    identifier: () => /[A-Za-z_][A-Za-z0-9_]*/,
  },
});
