-- Views over Thence's store for people and for datasette: times as text, ids and hashes in hex, parameters one a row.
-- They hold nothing of their own: dropping them, or migrating the store, loses nothing.
drop view if exists calls_;
create view calls_ as
select tract_id as tract,
       lower(hex(id)) as id,
       strftime('%Y-%m-%d %H:%M:%S', started_at / 1000000000, 'unixepoch') as started,
       status, provider, operation, endpoint, request_model, response_model,
       temperature, top_p, top_k, max_tokens, seed, stream,
       input_tokens, output_tokens, total_tokens,
       duration / 1e9 as seconds,
       time_to_first_chunk / 1e9 as seconds_to_first_chunk,
       error, label, callsite, branch, tags, trace_id, span_id
from calls where status != 'recorded';

drop view if exists parameters_;
create view parameters_ as
select c.tract_id as tract, lower(hex(c.id)) as call,
       strftime('%Y-%m-%d %H:%M:%S', c.started_at / 1000000000, 'unixepoch') as started,
       p.name, p.text as value, p.type, p.source, p.origin, p.change, c.request_model
from calls c join parameters p on p.tract_id = c.tract_id and p.configuration_hash = c.configuration_hash
where p.path = ''
union all
select c.tract_id, lower(hex(c.id)), strftime('%Y-%m-%d %H:%M:%S', c.started_at / 1000000000, 'unixepoch'),
       p.name, p.text, p.type, p.source, p.origin, p.change, c.request_model
from calls c join call_parameters p on p.tract_id = c.tract_id and p.call_id = c.id
where p.path = '';
