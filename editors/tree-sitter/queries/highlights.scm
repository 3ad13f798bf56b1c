; A later pattern wins where two fit.

(identifier) @variable

((identifier) @type
  (#match? @type "^[A-Z]"))

(named_type (path (identifier) @type))
(type_parameter name: (identifier) @type)

(comment) @comment
(documentation) @comment.documentation

(string) @string
(raw_string) @string
(role_name) @keyword
(role_text) @string
(bytes) @string.special
(escape) @string.escape
(format) @string.special
(interpolation
  "{" @punctuation.special
  "}" @punctuation.special)

(integer) @number
(float) @number
(true) @constant.builtin
(false) @constant.builtin
(null) @constant.builtin

(parameter name: (identifier) @variable.parameter)
(bar_parameter name: (identifier) @variable.parameter)
(named_argument name: (identifier) @property)
(field name: (identifier) @property)
(field_pattern name: (identifier) @property)
(variant_field name: (identifier) @property)
(field_expression name: (identifier) @property)
(grant_key name: (identifier) @property)

(call_expression function: (identifier) @function)
(call_expression function: (field_expression name: (identifier) @function.method))
(call_expression
  function: (identifier) @constructor
  (#match? @constructor "^[A-Z]"))
(cell_declaration name: (path (identifier) @function))
(signature name: (path (identifier) @function))

(record_declaration name: (identifier) @type)
(enum_declaration name: (identifier) @type)
(variant name: (identifier) @constructor)
(type_declaration name: (identifier) @type)
(trait_declaration name: (identifier) @type)
(pipeline_declaration name: (identifier) @type)
(machine_declaration name: (identifier) @type)
(memory_declaration name: (identifier) @type)
(process_declaration name: (identifier) @type)
(machine_state name: (identifier) @constructor)
(transition state: (identifier) @constructor)
(setting name: (identifier) @property)
(effect_declaration name: (identifier) @type)
(handler_declaration name: (identifier) @type)

(attribute "@" @attribute name: (identifier) @attribute)
(label) @label

[
  "cell" "record" "enum" "let" "mut" "fn" "const" "type" "trait" "impl" "effect" "handler" "pipeline" "machine" "memory" "agent" "orchestration"
  "guardrail" "state" "test"
  "extern" "import" "use" "tool" "bind" "grant" "pub" "async"
] @keyword

[
  "if" "elif" "else" "then" "for" "in" "while" "loop" "match" "when" "return" "break" "continue" "end" "do" "with"
  "perform" "handle" "upsert" "comptime" "try" "await" "defer" "where" "emit" "yield" "assert" "spawn" "parallel"
  "race" "vote" "select" "because" "stages" "expect" "schema"
] @keyword
(else_if) @keyword

["and" "or" "not" "is" "as"] @keyword.operator

[
  "+" "-" "*" "/" "//" "%" "**" "++" "<<" ">>" "&" "^" "|" "~" "|>" "~>" ".." "..=" "..." "==" "!=" "<" "<=" ">" ">=" "<=>"
  "??" "?" "!" "=" "+=" "-=" "*=" "/=" "//=" "%=" "**=" "&=" "|=" "^=" "->" "=>"
] @operator

["(" ")" "[" "]" "?[" "{" "}"] @punctuation.bracket
["," ":" "." "?."] @punctuation.delimiter
