create table a(id integer primary key, x integer, t text);
create table b(id integer primary key, a integer, y real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) insert into a select i, i * 7919 % 1009, 'text ' || (i * 31 % 997) from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000) insert into b select i, i * 104729 % 30000 + 1, i / 3.0 from n;
create index b_a on b(a);
select count(*), round(sum(b.y), 3), max(a.t) from a join b on b.a = a.id where a.x between 100 and 900;
select a.x % 10, count(*), round(avg(b.y), 3) from a left join b on b.a = a.id group by a.x % 10 order by 1;
select count(*) from a as p join a as q on p.x = q.x where p.id < 2000 and q.t like '%7%';
select t, count(*) from a group by t having count(*) > 30 order by 2 desc, 1 limit 5;
