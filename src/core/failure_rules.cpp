// The rules are sorted by what they say, not by who prints it.  Evidence of something transient is always a
// phrase: a bare number or a bare word ("502", "timeout", "race") also stands in names, line numbers,
// durations and settings.  Marks of what would fail again come first and end the search: where a text has
// both, it is unsure.
//
// All are matched without regard to case, with ^ and $ at the ends of lines, as bytes.  No counted gaps such
// as .{0,80} between words: in one automaton for all rules each would multiply its states.
#include "core/failure_rules.hpp"

namespace retry_ledger::core {

namespace {

constexpr const char *none = "", *flaky = "flaky_probable", *infra = "infra_transient";

// clang-format off
// What somebody has said in so many words.
constexpr const char *denied[] = {
    (R"(\b(?:not|isn't|wasn't|never|non)[ -](?:an? |due to |caused by |related to |the |)"
     R"(really )*(?:network|time-?outs?|timed out|transient|intermittent|flaky|flake|race|rate[ -]limit|)"
     R"(infra))"),
    (R"(\bno (?:network|connection|time-?out|rate[ -]limit|race|flaky)[ -]?(?:condition |connection |)"
     R"(limit )?(?:error|issue|problem|fail|was|were|set|configured|detected|found|involved|tests?\b))"),
    R"(\b(?:permanent(?:ly)?|deterministic(?:ally)?|reproducibl[ye]|always) fail)",
    R"(\bpermanent (?:error|failure)\b)",
};

// A test's expectation that wasn't met, and a test that ran out of the time it gives itself: whether the code
// under test is slow or wrong can't be told from outside.
constexpr const char *assertions[] = {
    R"(\bassert(?:ion)?[ _]?(?:failed|failure|error)\w*)",
    R"(\bassertion\b[^\n]* failed\b)",
    R"(\bERR_ASSERTION\b)",
    R"(\b\w*(?:assertionerror|assertionfailederror|assertionexception|comparisonfailure)\b)",
    R"(^E?[ \t]+assert )",
    R"([-:] assert \S)",
    R"(\bfailed asserting\b)",
    R"(\bassert\w*\.\w+\(\) failure)",
    R"(\bassert\.\w+\()",
    R"(\bexpect(?:\(| \{|ation failed|ations failed))",
    (R"(\bexpected\b[^\n]*\b(?:got|received|actual|to (?:be|equal|eql?|contain|have|match|throw|raise|)"
     R"(include|return|find)|but (?:was|were|found|none|nothing|never|is|had|it))\b)"),
    R"(\bexpected\b[^\n]*[,;:] (?:was|were|is|found)\b)",
    R"(\bgot\b[^\n]*\b(?:want(?:ed)?|expected)\b)",
    R"(\bwant(?:ed)?\b[^\n]*\bgot\b)",
    R"(\bbut (?:got|received|nothing|none)\b)",
    R"(\bbut (?:was|were):? ?[<'"\d\[])",
    (R"(^[ \t#>|*E-]*(?:expected|actual|received|want|got)\s*(?:$|(?:values?|strings?|results?|)"
     R"(equality[\w ]*)?\s*:))"),
    R"(^\s*to (?:equal|be|match|contain|have)\b)",
    R"(^[ \t]*(?:left|right|actual|expected): )",
    R"(\b(?:failure/error:|snapshots? (?:failed|obsolete)|match snapshot|fixture '[^'\n]*' not found))",
    R"(\btimeout of \d+ ?ms exceeded\. for async\b)",
    R"(\bexceeded timeout of \d+ ?ms for a (?:test|hook)\b)",
    R"(\btimed out retrying after\b)",
    R"(\bwaiting for expect\b)",
    R"(\bwaiting for (?:locator|selector|element|getby\w*|visibility)\b)",
    (R"(\b(?:locator|page|frame|element\w*)\.(?:click|fill|type|press|check|hover|wait\w*|select\w*|)"
     R"(textcontent|innertext|get\w*): )"),
    R"(\b(?:nosuchelement|elementnot\w+|staleelement\w*)exception\b)",
    R"(\bexpected condition failed\b)",
    R"(\bunable to find (?:an? )?(?:element|text|role|label))",
    R"(\bTestingLibraryElementError\b)",
    R"(\bundefined step\b)",
    R"(\bcheck [^\n]* has failed\b)",
    R"(^\s*(?:REQUIRE|CHECK)\()",
    R"(\bwants? \w[^\n]*\bgives?\b)",
    R"(\bwanted but not invoked\b)",
    R"(^[ \t]+[1-9]\d* failed\s*$)",
    R"(\btests? timed out after\b)",
    R"(\btimeout >\d)",
    R"(\*\*\*timeout\b)",
    R"(\btest timeout of\b)",
};

// What a compiler, a linter or an interpreter refuses.
constexpr const char *code[] = {
    R"(^[^\s:]+:\d+:(?:\d+:)? (?:fatal |syntax )?error\b)",
    R"(\.java:\d+: error:)",
    R"(\berror generated\b)",
    R"(\berrors generated\b)",
    R"(\berror(?:\[E\d+\]|:? (?:TS|CS|C|LNK|FS|BC|E)\d{4}\b))",
    R"(\.go:\d+:\d+: )",
    R"(: error: (?:expected|argument|incompatible|name|module)\b)",
    (R"(\b(?:compilation (?:error|failed|failure|terminated|aborted)|could not compile|)"
     R"(multiplecompilationerrors\w*|mismatched types|unresolved (?:reference|external|import)))"),
    R"(\bundefined (?:reference|symbol|method|local variable|variable|function|index|type)\b)",
    R"(\bundefined: )",
    R"(\bcannot find (?:symbol|name|value|type|module|package)\b)",
    R"(\b(?:collect2|ld|linker): error)",
    R"(\bld returned \d)",
    R"(\bunterminated\b)",
    R"(\bunexpected (?:token|identifier|indent|end of (?:file|input))\b)",
    R"(\b(?:(?:syntax|parse|parsing|indentation) ?|type )errors?\b)",
    (R"(\b(?:name|attribute|import|modulenotfound|key|value|index|zerodivision|notimplemented|)"
     R"(unicode(?:decode|encode)|recursion|unboundlocal|filenotfound|permission|isadirectory|overflow|)"
     R"(reference|range|nomethod|argument|load|nosuchmethod|noclassdeffound|jsondecode|encode|)"
     R"(decode)error\b)"),
    (R"(\btypeerror\b(?::| \[)[^\n]*(?:\bnot\b|undefined|null|none|unsupported|argument|must|iterable|)"
     R"(callable|object|cannot|can't|got|keyword|expected))"),
    (R"(\b(?:null(?:pointer|reference)|illegalargument|classcast|classnotfound|numberformat|)"
     R"(\w*indexout\w*|unsupportedoperation|arithmetic|argument(?:null|outofrange)?|format|keynotfound|)"
     R"(invalidcast|duplicatekey|config|rejectedaccess|serialization)(?:exception|error)\b)"),
    R"(\bphp (?:fatal|parse) error\b)",
    R"(\bpanic: runtime error\b)",
    R"(\bnil pointer\b)",
    R"(\bgoroutines are asleep\b)",
    R"(\bthread '[^'\n]*' panicked\b[^\n]*\n?assertion\b)",
    (R"(\b(?:is not a function|is not defined|is not iterable|has no (?:attribute|member)|)"
     R"(no member named|cannot read propert\w+|undeclared identifier|was not declared|)"
     R"(wrong number of arguments|unexpected keyword argument|positional arguments?|division by zero|)"
     R"(invalid literal))"),
    R"(\b\d+ problems? \(\d+ error)",
    R"(\bfound \d+ errors?\b)",
    R"(\boffenses? detected\b)",
    R"(\bdeclared (?:and|but) not used\b)",
};

// What was asked for doesn't exist, isn't allowed or makes no sense, whoever asks.
constexpr const char *input[] = {
    (R"(\b(?:no such (?:file|table|column|target|module|option|command|element|key|image)|)"
     R"(command not found|file not found|does not exist|doesn't exist|not recognized as)\b)"),
    (R"(\b(?:no module named|cannot find module|module not found|can't resolve '|can't locate|)"
     R"(could not find or load|no rule to make target|missing script|no matching (?:distribution|)"
     R"(package|manifest)|could not find (?:artifact|a version|any version)|couldn't find any|)"
     R"(could not find \S+:\S+:|unable to locate (?:package|credentials)|unknown revision|)"
     R"(manifest unknown|no template|not declared in package))"),
    (R"(\b(?:ENOENT|EACCES|EPERM|ENOTDIR|EEXIST|E404|E401|E403|ERESOLVE|EINTEGRITY|EUSAGE|)"
     R"(MODULE_NOT_FOUND|ERR_INVALID_\w+)\b)"),
    (R"(\b(?:unrecogni[sz]ed|unknown|unsupported|illegal|invalid|unexpected|bad) (?:arguments?|options?|)"
     R"(flags?|commands?|subcommand|directive|fields?|propert(?:y|ies)|keywords?|parameters?|value|)"
     R"(choice|configuration|config|query|service|column|format|type|syntax|workflow|name|identifier|)"
     R"(label|input|data|port|url|file)\b)"),
    (R"(\b(?:invalid|unknown|unsupported|missing|illegal|negative|unrecogni[sz]ed|undefined|undeclared|)"
     R"(no such|configur(?:e|ing)|pars(?:e|ing)|validat(?:e|ing))[\s:'"]+(?:(?:value|setting|option|key|)"
     R"(parameter|param|argument|property|field|flag|variable|type|for|of|in|the|a|an|connect(?:ion)?|)"
     R"(read|write|request|response|network|socket)[\s:'"=]+)*(?:--)?[\w-]*(?:time-?out|rate[ -]?limit))"),
    (R"((?:time-?out|rate[ -]?limit)s?['"`]? (?:(?:must|should|cannot|can't|may not|needs?|has to|value|)"
     R"(expects?|requires?|does not|doesn't)\b|is (?:not|an?|required|invalid|negative|unknown|)"
     R"(undefined|missing|too|deprecated|null|set)\b|not (?:set|configured|supported|defined|found|)"
     R"(allowed)\b))"),
    (R"(\b(?:certificate (?:verify|has expired|is not|signed by|required|expired)|)"
     R"(CERTIFICATE_VERIFY_FAILED|x509: |self[- ]signed certificate|CERT_HAS_EXPIRED|)"
     R"(SSLHandshakeException|wrong version number|PKIX path))"),
    (R"(\b(?:violates (?:\S+ )?\S+ constraint|duplicate (?:key|entry)|syntax error at or near|)"
     R"(read-only transaction|violation of (?:primary|unique|foreign)|wrong kind of value|is ambiguous|)"
     R"((?:has|have|had|contains?) no (?:data|rows?|price|values?|columns?|entry|entries|items?|text|)"
     R"(role|name|owner)|inequivalent arg|column "[^"\n]*" (?:of|does)))"),
    (R"(\b(?:validation (?:failed|error)|ValidationError|invalid(?:argument)? desc|)"
     R"(code = (?:InvalidArgument|NotFound|AlreadyExists|PermissionDenied|FailedPrecondition|)"
     R"(Unimplemented|Unauthenticated|OutOfRange)|not serializable|malformed|corrupt(?:ed|ion)?|)"
     R"((?:checksum|hash) mismatch|not a valid|is not valid))"),
    (R"(\b(?:merge conflict|non-fast-forward|failed to push some refs|hook declined|pathspec|)"
     R"(conflicting dependencies|ResolutionImpossible|version solving failed|(?:could not be|)"
     R"(unable to) resolved? (?:to an installable|dependency tree)))"),
    (R"(\b(?:card was declined|must be (?:a |an )?(?:positive|between|greater|less|at least|at most|)"
     R"(one of|of type|set|specified)))"),
};

// The machine gave in to what was run on it, or nobody pays for more.
constexpr const char *resources[] = {
    (R"(\b(?:insufficient_quota|exceeded your current quota|quota '[^'\n]*' exceeded|)"
     R"(LimitExceeded: the maximum|request too large|maximum context length))"),
    (R"(\b(?:out of memory|OOMKilled|OutOfMemoryError|MemoryError|cannot allocate memory|heap limit|)"
     R"(no space left|ENOSPC|disk quota exceeded|stack overflow|StackOverflowError|maximum recursion))"),
    (R"(\b(?:segmentation fault|core dumped|SIGSEGV|SIGABRT|SIGILL|signal (?:4|6|9|11)\b|)"
     R"(WorkerLostError|stalled more than allowable))"),
};

// Who asks may not, or asks for what isn't there.
constexpr const char *refused[] = {
    (R"(\b(?:unauthorized|not authorized|forbidden|bad credentials|access denied|AccessDenied\w*|)"
     R"(PERMISSION_DENIED|permission denied|access_refused|authentication (?:failed|required)|)"
     R"(authenticat\w+ error|ClientAuthenticationError|invalid (?:credentials|token|password|api key|)"
     R"(username)|login was refused|could not read username|host key verification failed|access rights))"),
    R"((?:error:?|HTTP(?:/\d(?:\.\d)?)?|status(?: code)?:?) (?:400|401|403|404|405|409|410|413|415|422)\b)",
    (R"(\b(?:400|401|403|404|405|409|410|413|415|422) (?:client error|bad request|unauthorized|)"
     R"(forbidden|not found|conflict|gone|unprocessable))"),
};

// Nobody listens on this very machine, or a name without a domain isn't known: as likely the set-up as a
// passing fault.
constexpr const char *here[] = {
    R"(\bdocker daemon\b)",
    R"(\bunix:/)",
    R"(\.sock\b)",
    R"(\bPGSQL\.\d+\b)",
    (R"((?:\b127\.\d+\.\d+\.\d+|\blocalhost\b|\[::1\]|::1:|\b0\.0\.0\.0)[^\n]*(?:refused|)"
     R"(couldn't connect|connect call failed))"),
    (R"((?:refused|connect call failed|(?:can(?:not|'t)|could(?:n't| not)|unable to|)"
     R"(failed to) (?:connect|reach))[^\n]*(?:\b127\.\d+\.\d+\.\d+|\blocalhost\b|\[::1\]|::1:|)"
     R"(\b0\.0\.0\.0))"),
    (R"(\b(?:getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|UnknownHostException:|)"
     R"(could not resolve host(?:name)?:?|unable to resolve host address|)"
     R"(could not translate host name) ['"]?[\w-]+['"]?(?:$|[\s:;,)]))"),
    R"(\blookup [\w-]+(?: on \S+)?: no such host)",
};

constexpr const char *throttled[] = {
    R"(\brate[ _-]?limit(?:s|ed|ing)?\b['"]?(?: \w+)? (?:exceeded|reached|hit)\b)",
    R"(\brate[ _-]?limit[ _-]?exceeded\b)",
    R"(\brate[ -]?limited\b)",
    (R"(\b(?:exceeded|hit|hitting|reached|over) (?:(?:the|a|an|your|our|its|api|github|secondary|)"
     R"(request|pull|unauthenticated)[ '])*rate[ -]?limit)"),
    R"(\bratelimiterror\b)",
    R"(\brate[ -]limit(?:ed)? (?:reached|by|error|for)\b)",
    R"(^\W*(?:error:? )?rate[ -]?limit\W*$)",
    R"(\bthrottl(?:ed|ing(?:exception|error)?)\b(?:$|[:;,.)\s]))",
    R"(\brate exceeded\b)",
    R"(\b429\W+quota exceeded\b)",
    R"(\bbeing throttled\b)",
    R"(\btoo ?many ?requests(?:exception|error)?\b)",
    R"(\bRequestLimitExceeded\b)",
    R"(\bSlowDown\b)",
    R"(ThroughputExceeded)",
    R"(\brequest_limit_exceeded\b)",
    R"(\breduce (?:your )?request rates?\b)",
    R"(\bexceeded \d+ (?:calls|requests) per (?:second|minute)\b)",
    R"(['"](?:error_?type|error_?code|type|code|error|reason|name)['"]\s*:\s*['"]rate_?limit)",
    R"(\bquota exceeded for quota metric\b[^\n]*\bper (?:second|minute|hour)\b)",
    R"(\bHTTP(?:/\d(?:\.\d)?)? 429\b)",
};

constexpr const char *by_chance[] = {
    (R"(\bflaky (?:tests?|examples?|specs?|suites?|failures?|builds?|jobs?|ci|networks?|connections?|)"
     R"(infra\w*|behaviou?r|e2e|integration|timing|on ci)\b)"),
    (R"(\b(?:is|are|was|be|known|marked(?: as)?|probably|possibly|likely|very|again|too|known to be|)"
     R"(detected(?: as)?) flak(?:y|ey)\b)"),
    R"(\bflak(?:y|ey)[ :]+(?:pass|fail))",
    R"(^\W*flak(?:y|ey|e)(?:\W*$|:))",
    R"(\bFLAKY, failed in \d+ out of \d+)",
    R"(^[ \t]*[1-9]\d* flaky[ \t]*$)",
    R"(\bflakes: [1-9])",
    R"(\b(?:tests?|spec|job|build|ci) flake[ds]?\b)",
    R"(\bflak(?:iness|y detected))",
    (R"(\bintermittent(?:ly)? (?:test |ci |build |network )?(?:fail|error|issue|problem|crash|break|)"
     R"(time|test|bug|outage|network|connect|disconnect|drop))"),
    R"((?:fail|crash|break|hang|error)\w* intermittently\b)",
    R"(^\W*intermittent(?:\W*$|:))",
    (R"(\b(?:random|sporadic|spurious)(?:ly)? (?:test |ci |build |network )?(?:fail|crash|error|hang|)"
     R"(break|time-?out|disconnect))"),
    (R"((?:fail|crash|hang|break|die|disconnect)\w* (?:at )?(?:random(?:ly)?|sporadically|occasionally|)"
     R"(sometimes)\b)"),
    R"(\brace conditions?\b)",
    R"(\bdata race\b)",
    R"(\brace detected\b)",
    R"(\bheisenbug\b)",
    R"(\bnon-?deterministic (?:fail|test|error))",
    (R"(\bpass(?:es|ed)? (?:on|after|upon) (?:an? |the )?(?:re-?run|re-?try|(?:second|third|2nd|)"
     R"(3rd) (?:run|attempt|try))\b)"),
    R"(\bcould not serialize access\b)",
    R"((?:^|error:|fatal:|ORA-00060:|DeadlockDetected:?)\s+deadlock detected\b)",
    R"(\bdeadlock found when trying\b)",
    R"(\bdeadlock victim\b)",
    R"(\brestart transaction: \w)",
    R"(\bSQLSTATE[\s:=\[(]*(?:40001|40P01)\b)",
    R"(\bserialization failure\b)",
    R"(\b(?:write|transaction) ?conflict)",
    R"(\bUNABLE_TO_LOCK_ROW\b)",
};

constexpr const char *unanswered[] = {
    R"(\btimed[ -]?out\b)",
    R"(\btimes? ?out (?:while|waiting|after \d))",
    (R"(\b(?:connect(?:ion)?|read|write|request|response|gateway|network|socket|handshake|dns|lookup|)"
     R"(operation|lock|lock wait|idle|i/o|io|inactivity|job|step|build|task|query|statement|session|)"
     R"(transaction|heartbeat|upstream|proxy|tcp|tls|ssl|https?|client|server|api|service|provider|)"
     R"(remote|host|worker|download|upload|fetch|pull|push|execution|ping|process|backend|database|db|)"
     R"(redis|kafka|aborted due to|canceled due to|cancelled due to|failed due to|because of|)"
     R"(due to) time-?out\s*(?:$|[.,;!)'"<]|\((?:after|\d)|at:? http|: (?:[a-z]+:/|/|no |failed|unable|)"
     R"(waiting|the )|- |(?:error|exception|expired|exceeded|elapsed|occurred|reached|while|waiting|)"
     R"(after|during|on|when|from|connecting|reading|has been|was (?:exceeded|reached)|period)\b))"),
    (R"(\btime-?out (?:while|waiting|when|connecting|reading|expired|exceeded|occurred|elapsed|reached|)"
     R"(talking|contacting|fetching|calling|was (?:exceeded|reached)|has been (?:exceeded|reached)|)"
     R"(period elapsed|after \d))"),
    R"(\bdue to (?:\w+ )?(?:lock |statement )?time-?out\b)",
    R"(\btimeout of \d+ ?(?:ms|s|sec|seconds|milliseconds|minutes)? ?(?:was )?exceeded\b)",
    R"(client\.timeout\b[^\n]*\b(?:exceeded|elaps))",
    R"(\bexceeded (?:the )?(?:\w+ )?time-?out\b)",
    R"(\b(?:reached|exceeded|hit) (?:its|the|a) (?:\w+ )*time-?out\b)",
    R"(\(EXIT\) time ?out\b)",
    R"(\b(?:is|are|keeps?|kept|was|were) timing out\b)",
    R"(\btimeout period\b)",
    R"(^\W*(?:error|failed|failure|fatal|err|reason|cause|exception|status|aborted)?\W*time-?out\W*$)",
    (R"(^(?:nats|redis|mongo\w*|kafka|amqp|grpc|https?|tcp|tls|dns|ssh|smtp|ldap|mysql|postgres|pq|sql|)"
     R"(db|net|rpc|s3|api): time-?out\s*$)"),
    (R"(\b(?:failed|failure|cause|reason|aborted|cancell?ed|terminated|stopped|job|step|request|)"
     R"(connection)(?:: | \()time-?out\)?(?:\s*$| \(\d))"),
    R"(\b\w*(?:timeout|timedout)(?:error|exception|expired)\b\s*(?:[:;(\])]|$))",
    (R"(\b\w*(?:read|connect|connection|request|response|socket|gateway|pool|operation|lock|query|)"
     R"(server|http|api|heartbeat|task|job|run|step|command|process|execution|worker|activity|call|rpc|)"
     R"(wait)timeout\b\s*(?:[:;(]|$))"),
    R"(\bUND_ERR_\w+_TIMEOUT\b)",
    R"(\b(?:ETIMEDOUT|ESOCKETTIMEDOUT|ECONNABORTED|WSAETIMEDOUT|DEADLINE_EXCEEDED|DeadlineExceeded)\b)",
    R"(\bdeadline exceeded\b)",
    R"(\bno activity or too many missed heartbeats\b)",
    R"(\bmissed (?:\w+ )?heartbeats?\b)",
    R"(\bexceeded the (?:maximum|max) (?:execution|run|running|job|build) ?time\b)",
    R"(\bexecution took longer than\b)",
    R"(\bran longer than the maximum\b)",
    R"(\bexceeded (?:the |its )?(?:maximum |max )?(?:\w+ )?time limit\b)",
    R"(\bdue to time limit\b)",
    R"(\bfailed to finish within\b)",
    R"(\bexecution expired\b)",
    R"(\bdeadline of \S+ exceeded\b)",
    R"(\btimelimitexceeded\b)",
    R"(\btoo long with no output\b)",
    R"(\btook too long to (?:respond|answer)\b)",
    R"(\bdid(?: not|n't) (?:respond|answer)(?:\b[^\n]*\b(?:in time|within)\b|[.:;,]|\s*$))",
    R"(\bhas passed since (?:batch creation|last append)\b)",
    R"(\bnot present in metadata after\b)",
    R"(\bstopped hearing from\b)",
    R"(\blost communication with\b)",
};

constexpr const char *network[] = {
    (R"(\b(?:ECONNRESET|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ENETDOWN|EHOSTDOWN|ENETRESET|EAI_AGAIN|)"
     R"(ECONNLOST|PROTOCOL_CONNECTION_LOST|NETWORK_EXCEPTION|SSL_ERROR_SYSCALL)\b)"),
    (R"(\bconnection (?:was |has been |is )?(?:unexpectedly |forcibly )?(?:reset|refused|aborted|lost|)"
     R"(dropped|broken|interrupted)\b)"),
    (R"(\bconnection (?:was |has been )?(?:unexpectedly |forcibly |abnormally )?closed (?:unexpectedly|)"
     R"(by (?:the )?(?:remote|peer|server|foreign|upstream)))"),
    R"(\bconnection unexpectedly closed\b)",
    R"(\bconnection was closed\b)",
    R"(\bconnection resets\b)",
    R"(\bserver error '[^'\n]*' for url\b)",
    R"(\bconnection error: desc)",
    R"(\bconnect(?:ion)? to \S+ (?:was )?refused\b)",
    R"(\bclosed (?:the )?connection (?:unexpectedly|without))",
    R"(\bforcibly closed by the remote\b)",
    R"(\bremotedisconnected\b)",
    R"(\bconnection(?:reset|refused|aborted)error\b)",
    R"(\blost connection to\b)",
    R"(\bserver has gone away\b)",
    R"(\bno route to host\b)",
    R"(\bnetwork is (?:unreachable|down)\b)",
    R"(\bnetwork unreachable\b)",
    R"(\bhost is (?:down|unreachable)\b)",
    R"(\bhost unreachable\b)",
    R"(\btemporary failure (?:in name resolution|resolving)\b)",
    R"(\bcould not resolve host(?:name)?:? \S*\.)",
    R"(\bname or service not known\b)",
    R"(\bgetaddrinfo (?:ENOTFOUND|failed)\b)",
    R"(\bnameresolutionerror\b)",
    R"(\bunable to resolve host\b)",
    R"(\bno such host\b)",
    R"(\bnodename nor servname\b)",
    R"(\bunknownhostexception\b)",
    R"(\bserver misbehaving\b)",
    R"(\bcould not translate host name\b)",
    R"(\bsocket hang up\b)",
    R"(\bwrite tcp [^\n]*broken pipe\b)",
    R"(\bsend disconnect: broken pipe\b)",
    R"(\bport \d+: broken pipe\b)",
    R"(\bempty reply from server\b)",
    R"(\btransfer closed with\b)",
    R"(\b(?:recv|send) failure\b)",
    R"(\bincompleteread\b)",
    R"(\bchunkedencodingerror\b)",
    R"(\bfailure when receiving data\b)",
    R"(\bprematurely closed\b)",
    R"(\bpremature (?:close|end of))",
    R"(\bbody stream was interrupted\b)",
    R"(\bfailed to connect to \S+ port \d+)",
    R"(\bcould not connect to (?:the endpoint|\S+\.\S+))",
    R"(\bcould not connect to server: connection\b)",
    R"(\bcan't connect to (?:mysql )?server on [^\n]*\((?:110|111|113|60|61)\))",
    R"(\bfailed to establish a new connection\b)",
    R"(\bconnection attempt failed\b)",
    R"(\bspurious network error\b)",
    R"(\bconnect(?:ion)? (?:call )?failed\b)",
    R"(\bconnectionfailed\b)",
    R"(\bfailed to connect to all addresses\b)",
    R"(\bno servers available\b)",
    R"(\bsocket (?:error|exception)\b)",
    (R"(\b(?:can(?:not|'t)|could(?:n't| not)|unable to|failed to) (?:connect to|reach|contact|)"
     R"(find) (?:the |a |an )?(?:(?:remote|database|proxy|redis|mysql|postgres\w*|upstream|build|mail|)"
     R"(smtp|api|master|primary) )*(?:server|host|broker|node|cluster|registry|gateway|proxy|database|)"
     R"(endpoint|service|agent|`?[\w-]+\.[\w.-]+)\b)"),
    (R"(\b(?:server|host|database|registry|endpoint|api|backend|broker|upstream|mirror|)"
     R"(proxy)(?: \S+)? (?:can ?not be reached|can't be reached)\b)"),
    (R"(\b(?:server|host|database|registry|endpoint|api|backend|broker|upstream|mirror|proxy) (?:is |)"
     R"(was |are |were )?(?:currently |temporarily )?(?:unreachable|not reachable|down|offline|)"
     R"(not responding|disconnected)\b)"),
    R"(\bServerDisconnectedError\b)",
    R"(\bno healthy upstream\b)",
    R"(\bother side closed\b)",
    R"(\bUND_ERR_SOCKET\b)",
    R"(\bconnection (?:is )?not available\b)",
    R"(\bWinError 100(?:53|54|60|61|65)\b)",
    R"(\bdid not properly respond\b)",
    R"(\b(?:name|dns|host|hostname) (?:resolution|lookup) (?:failed|failure|error|timed))",
    (R"(\b(?:unexpected eof while reading|EOF occurred in violation of protocol|)"
     R"(UNEXPECTED_EOF_WHILE_READING)\b)"),
    R"((?:https?://|\btcp )[^\n]*: (?:unexpected )?EOF\s*$)",
    R"(\bstream ID \d+; INTERNAL_ERROR\b)",
    R"(\bGOAWAY\b)",
    R"(\bHTTP/?2 framing layer\b)",
    R"(\bwas not closed cleanly\b)",
    R"(\bunexpected end of stream\b)",
    R"(\bNoHttpResponseException\b)",
    R"(\bfailed to respond\b)",
    R"(\bconnection closed before\b)",
    R"(\bremote end hung up unexpectedly\b)",
    R"(\bearly EOF\b)",
    R"(\bRPC failed; curl (?:5|6|7|16|18|28|35|52|55|56|92)\b)",
    R"(\b(?:gnutls|ssl|tls)\w* (?:recv|read|handshake) (?:error|failed)\b)",
    R"(\btls connection was non-properly terminated\b)",
    R"(\bssl_read: connection\b)",
    R"(\bkex_exchange_identification: (?:read: )?connection\b)",
    (R"(\bERR_(?:CONNECTION_(?:RESET|REFUSED|CLOSED|ABORTED)|NETWORK_CHANGED|INTERNET_DISCONNECTED|)"
     R"(ADDRESS_UNREACHABLE|NAME_NOT_RESOLVED|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|HTTP2_PROTOCOL_ERROR|)"
     R"(QUIC_PROTOCOL_ERROR|TIMED_OUT|CONNECTION_TIMED_OUT)\b)"),
    (R"(\bnetwork (?:error|failure|issue|outage|problem|aborted|connectivity|disconnected|glitch|blip|)"
     R"(hiccup|unavailable|fault)\b)"),
    R"(\bnetwork-related\b)",
    R"(\bnetwork connection (?:error|lost|failed|problem|was lost)\b)",
    R"(\bnetworkerror\b)",
    (R"(\b(?:transient|temporary) (?:network|connection|infrastructure|dns|issue|error|failure|problem|)"
     R"(outage)\b)"),
    R"(\bthe database system is (?:starting up|shutting down|in recovery)\b)",
    R"(\bterminating connection due to (?:administrator|unexpected|idle))",
    R"(\bconnection slots are reserved\b)",
    R"(\btoo many (?:clients|connections)\b)",
    R"(\bis loading the dataset\b)",
    R"(\bCLUSTERDOWN\b)",
    R"(\bORA-(?:12170|12537|12541|12547|03113|03135)\b)",
    (R"(\b(?:NotLeaderOrFollower|LeaderNotAvailable|BrokerNotAvailable|NotEnoughReplicas|)"
     R"(Disconnect)Exception\b)"),
    R"(\bLEADER_NOT_AVAILABLE\b)",
    R"(\bCONNECTION_FORCED\b)",
    R"(\bStreamLostError\b)",
    R"(\bbroker transport failure\b)",
    R"(\bleader changed\b)",
    R"(\bChannelClosedException\b)",
    R"(\bbacking channel [^\n]*disconnected\b)",
    R"(\bagent (?:\S+ )?(?:went offline|was marked offline)\b)",
    R"(\b(?:runner|agent|worker|node) (?:\S+ )?(?:lost (?:its )?connection|disconnected unexpectedly))",
};

constexpr const char *unavailable[] = {
    R"(\bHTTP(?:/\d(?:\.\d)?)?(?: error| status| code| response)*:? ?\(?(?:50[0234]|52[0-79]|429)\b)",
    (R"(\b(?:http[ _-]?)?status(?:[ _-]?code)?['"]?\s*(?:[:=]|is|of|was)?\s*['"(]?(?:50[0234]|52[0-79]|)"
     R"(429)\b)"),
    R"(\bresponse (?:status )?code:? (?:50[0234]|52[0-79]|429)\b)",
    R"(\bresponse: (?:50[0234]|52[0-79]|429)\s*(?:$|[.,;)]))",
    R"(\b(?:got|getting|seeing|returning|throwing) (?:50[0234]|429)s\b)",
    R"(\b5xx (?:error|response|status))",
    R"(\bSQLSTATE[\s:=\[(]*(?:08\w{3}|57P0[1-3])\b)",
    (R"(\berror(?: code)?:? \(?(?:50[0234]|52[0-79])\)?(?:\s*$|: [a-z]| (?:internal server|bad gateway|)"
     R"(service|gateway|while|when)|\b ?[-,;)]))"),
    R"(\berror code: 429\b)",
    (R"(\b(?:responded|replied|answered) (?:with )?(?:an? |http |status |code |error )*(?:50[0234]|)"
     R"(52[0-79]|429)\b)"),
    R"(\b(?:E|FETCH_)(?:50[0234]|429)\b)",
    R"(\berror occurred \((?:50[0234]|429)\))",
    R"(\breturned error: (?:50[0234]|52[0-79]|429)\b)",
    R"(\bserver returned (?:an? |http |status |code |error )*(?:50[0234]|52[0-79])\b)",
    R"(\b500\W+(?:an )?internal (?:server )?error\b)",
    R"(\b502\W+(?:bad gateway|proxy error|server error)\b)",
    R"(\b50[03]\W+(?:server error|service (?:temporarily )?unavailable|backend))",
    R"(\b504\W+(?:gateway time-?out|server error|deadline exceeded)\b)",
    R"(\b429\W+too many requests\b)",
    R"(\bbad gateway\b)",
    R"(\bservice (?:is )?(?:currently |temporarily )?unavailable\b)",
    R"(\bgateway time-?out\b)",
    R"(\binternal server error\b)",
    R"(\btemporarily unavailable\b)",
    R"(\bserver is currently unable to handle\b)",
    R"(\bcode = unavailable\b)",
    R"((?-i:\bUNAVAILABLE: ))",
    R"(\bstatuscode\.unavailable\b)",
    R"(\bbackenderror\b)",
    R"(\boverloaded_error\b)",
    R"(\berror code: 529\b)",
    R"(\bupstream connect error\b)",
};

// clang-format on

template <std::size_t count>
void add(std::vector<FailureRule> &rules, const char *const (&patterns)[count], const char *failure_class) {
    for (const char *pattern : patterns) rules.push_back({pattern, failure_class});
}

}  // namespace

std::vector<FailureRule> builtin_failure_rules() {
    std::vector<FailureRule> rules;
    add(rules, denied, none);
    add(rules, assertions, none);
    add(rules, code, none);
    add(rules, resources, none);
    add(rules, input, none);
    // Before what is refused for good: services say 403 or "forbidden" where they mean "not so fast".
    add(rules, throttled, infra);
    add(rules, refused, none);
    add(rules, here, none);
    add(rules, by_chance, flaky);
    add(rules, unanswered, infra);
    add(rules, network, infra);
    add(rules, unavailable, infra);
    return rules;
}

// clang-format off
std::vector<std::string> builtin_resumptions() {
    return {
        R"((?:^|[^-\w])retrying(?:\W*$|[^\n]*(?:\.\.\.|…|\(|,|\b(?:in|after) (?:\d|a )|\battempt|)"
          R"(\d ?/ ?\d|\bnow\b|\bagain\b)))",
        R"(\b(?:will|going to|about to) (?:be )?(?:retr(?:y|ied)|try again|reconnect))",
        R"(\btrying again\b)",
        R"(\btrying to re-?(?:connect|establish))",
        R"(\breconnecting\b)",
        R"(\breattempting\b)",
        R"(\bretry: retry in\b)",
        R"(\b[1-9]\d* (?:more )?(?:tries|attempts|retries|retry|try) (?:remaining|left)\b)",
        R"(\bretry attempt #?\d)",
        R"(\b(?:succeeded|passed|ok|worked) (?:on|after|at|upon) (?:attempt|re-?try|the \w+ attempt))",
        R"(\b(?:attempt|retry)(?: #?\d+(?:/\d+)?)? succeeded\b)",
        R"(\b(?:reconnected|recovered)\b)",
        R"(\bconnection (?:re-?)?(?:established|restored)\b)",
        R"(^\W*connected to \S)",
        R"(\bis (?:now )?(?:ready|up|back)\b)",
        R"(^added \d+ packages)",
        R"(^successfully (?:installed|built|tagged|downloaded|pulled|fetched))",
        R"(\bcompiled successfully\b)",
    };
}

std::vector<std::string> builtin_asides() {
    return {
        // What isn't said as an error isn't why it failed: npm warn, [WARNING], 10:00:01Z INFO, level=debug,
        // W:
        R"(^[\d\s:.,TZ+\-\[(|]*(?-i:WARN|WARNING|INFO|DEBUG|TRACE|NOTICE)\b)",
        R"(^\W*(?:npm |yarn |pip )?(?:warn|warning|info|debug|note|notice|hint)(?::|\]|\)| ))",
        R"(^W: )",
        R"(^##\[(?:warning|debug|notice|section|command))",
        R"(^::(?:warning|debug|notice))",
        R"(\blevel['"]?[=:]\s*['"]?(?:warn|info|debug|trace|notice))",
        R"(^[IWD]\d{4} \d\d:\d\d)",
        // What tests are called, whether they failed or passed.
        R"(^\s*(?:✕|✗|✘|×|●|not ok \d|--- FAIL|\d+\) |FAIL:? |rspec \./|scenario:))",
        R"([^\n]›)",
        R"(\.feature:\d+)",
        R"(\| (?:FAIL|PASS) \|)",
        R"(^\s*(?:✓|✔|√|ok \d|PASS\b|--- PASS|\[\s+(?:OK|RUN|PASSED)\s+\]))",
        R"(\b(?:passed|ok|passing)\s*(?:\([^)]*\))?\s*(?:\[\s*\d+%\])?$)",
        // What a change or a known weakness is called.
        R"(^HEAD is now at )",
        R"(^Previous HEAD position )",
        R"(^\s*commit )",
        R"(^Merge )",
        R"(^\W*[0-9a-f]{7,40} )",
        R"(^input: )",
        R"(^\W*(?:fix|feat|chore|test|ci|refactor|docs)(?:\([^)]*\))?!?: )",
        R"(\bCVE-\d{4}-\d)",
        // Access logs of the server under test, quoted source, stack frames.
        R"("(?:GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS) \S+ HTTP/[\d.]+" \d)",
        R"(^\s*>?\s*\d+ \|)",
        R"(^\s+at \S)",
        R"(^\s+File ")",
    };
}

std::vector<std::string> builtin_trailers() {
    return {
        R"(\bexit(?:ed|s)?(?: with)?(?: (?:code|status))?:? -?\d+)",
        R"(\bnon-?zero\b)",
        R"(\berror code \d+\s*$)",
        R"(^make(?:\[\d+\])?: \*\*\*)",
        R"(\bdid not complete successfully\b)",
        R"(\bbuild fail(?:ed|ure)\b)",
        R"(^(?:error: )?job failed\b)",
        R"(^finished: )",
        R"(^FAILED \S)",
        R"(^=+ .* =+$)",
        R"(^\s*(?:tests?:|total:)? *\d+ (?:failed|errors?|failures?)\b)",
        R"(\b(?:command|script|step|task|process|build|job|upload|download|request|run|tests?|pull|)"
          R"(push|login|install\w*|deploy\w*|pipeline|stage|operation|update|execution|clone|)"
          R"(checkout) (?:\S+ )?(?:has |have )?failed(?:[.:!]|\s|$))",
        R"(\bgiving up\b)",
        R"(\bgave up\b)",
        R"(\bfailed after \d+ (?:attempts|tries|retries))",
        R"(\berror during \S+ execution\b)",
        R"(\berrors? (?:occurred|are often)\b)",
        R"(^rsync error: )",
        R"(\bfailed to (?:download|fetch|pull|push|get|load|query|retrieve|transfer|update|restore|)"
          R"(upload|send|clone|check ?out|solve|resolve source|copy|collect|save|publish|sync|)"
          R"(execute goal)\b)",
        R"(\b(?:could not|unable to|couldn't) (?:download|fetch|retrieve|install|transfer|get|load|)"
          R"(update|clone|resolve dependencies|resolve all)\b)",
        R"(^\[ERROR\]\s*(?:$|To see|Re-run|For more|\[Help|->))",
        R"(^npm (?:ERR!|error)\s*(?:$|A complete|errno|syscall|code|network|If you|path|cwd|command|  ))",
        R"(^E: (?:Some index|Unable to fetch some))",
        R"(^\* (?:try|what))",
        R"(^> Run with)",
        R"(^Traceback \()",
        R"(^During handling)",
        R"(^The above exception)",
        R"(^\s*Caused by:?\s*$)",
        R"(^\s*\.\.\. \d+ more)",
        R"(^\s*Suppressed:)",
        R"(^\s*\[?(?:errno|code|syscall|address|port|hostname|path|type|status|cause|)"
          R"(symbol\([^)]*\))\]?['"]?: )",
        R"(\bis the server running\b)",
        R"(\bthis probably means\b)",
        R"(\bplease (?:make sure|check|verify|see|contact|report|include)\b)",
        R"(\binvalid index-pack output\b)",
        R"(\bfor more information\b)",
        R"(\bverify the machine\b)",
        R"(\bif (?:this|the) problem\b)",
        R"(^\s*\(?in addition\b)",
    };
}

std::vector<std::string> builtin_complaints() {
    return {
        R"(\b(?:err(?:or)?s?|fail(?:s|ed|ures?|ing)?|fatal|exceptions?|panic|abort(?:ed|ing)?|invalid|)"
          R"(illegal|missing|unknown|undefined|unexpected|unsupported|unresolved|cannot|can't|)"
          R"(could(?: not|n't)|unable|denied|rejected|refused|declined|wrong|broken|mismatch\w*|differs?|)"
          R"(incorrect|duplicate|crash\w*|killed|violat\w+|conflicts?)\b)",
        R"(\b(?:(?:is|are|was|were|does|do|did|has|have)(?: not|n't)|not (?:found|allowed|supported|)"
          R"(valid|set|defined|configured|registered|enough)|has no|have no|no such|must|should|exceeds?|)"
          R"(too (?:large|long|small|short|many|big|few)|problems?|out of (?:range|bounds|memory|)"
          R"(space))\b)",
    };
}

// clang-format on

}  // namespace retry_ledger::core
