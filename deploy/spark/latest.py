"""The newest event of each category and instrument, from Kafka to Redis, kept for a while: Spark Structured Streaming.

    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0 latest.py \
        --servers kafka:9092 --topic md.event.v1 --redis redis://redis:6379 --ttl 3600 --checkpoint /var/lib/latest

It reads what the sink `kafka` writes with `encoding: json` (docs/sinks.md): values are lines of JSON, 64-bit integers as text. A hash
of Redis is `PREFIX:latest:SCHEMA:CATEGORY:INSTRUMENT`, as the sink `redis` has it. A batch that Spark does again after a failure changes
nothing: a row replaces only one that is before it in the feed. `--once` reads what there is and ends.
"""

import argparse
import json

import redis
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f

ROWS_OF_A_CALL = 1_000

# Rows are written in one step each, if they are newer: their position is epoch, number and part. Epochs are not ordered by name:
# another one than the stored is taken as newer, because Kafka keeps the rows of an instrument in order.
NEWER = """
local key, ttl, epoch, number, part = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local has = redis.call('HMGET', key, 'epoch', 'number', 'part')
if has[1] == epoch and (tonumber(has[2]) > number or (tonumber(has[2]) == number and tonumber(has[3]) >= part)) then
  return 0
end
redis.call('DEL', key)
redis.call('HSET', key, unpack(ARGV, 5))
redis.call('EXPIRE', key, ttl)
return 1
"""


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--servers", required=True, help="host:port of Kafka, more than one with commas")
    parser.add_argument("--topic", required=True, help="PREFIX.SCHEMA.vVERSION")
    parser.add_argument("--redis", required=True, help="redis://host:port; a password comes from the environment: REDIS_PASSWORD")
    parser.add_argument("--prefix", default="venuewire", help="what keys begin with")
    parser.add_argument("--schema", default="event")
    parser.add_argument("--category", default="kind", help="field of the category")
    parser.add_argument("--ttl", type=int, required=True, help="seconds after which a hash without a newer row is gone")
    parser.add_argument("--checkpoint", required=True, help="folder where Spark keeps how far it has read")
    parser.add_argument("--records", type=int, default=100_000, help="records of Kafka in a batch, at most")
    parser.add_argument("--once", action="store_true", help="read what there is, and end")
    return parser.parse_args()


def writer(given):
    """What is done with a batch: on the executors, a call of Redis for many rows."""
    url, prefix, schema, ttl = given.redis, given.prefix, given.schema, given.ttl

    def write(rows):
        import os

        client = redis.Redis.from_url(url, password=os.environ.get("REDIS_PASSWORD"))
        calls = client.pipeline(transaction=False)
        newer = client.register_script(NEWER)
        for row in rows:
            fields = json.loads(row.line)
            key = f"{prefix}:latest:{schema}:{row.category}:{row.instrument}"
            flat = [text for name, value in fields.items() for text in (name, value)]
            newer(keys=[key], args=[ttl, row.epoch, row.number, row.part, *flat], client=calls)
            if len(calls.command_stack) >= ROWS_OF_A_CALL:
                calls.execute()
        calls.execute()
        client.close()

    return write


def newest(batch, category):
    """Of the rows of a batch the last of each category and instrument; the order of Kafka is that of the feed."""
    line = f.explode(f.split(f.col("value").cast("string"), "\n")).alias("line")
    rows = batch.select("partition", "offset", line).where("line <> ''")
    names = [category, "instrument", "epoch", "number", "part"]
    fields = f.json_tuple("line", *names).alias("category", "instrument", "epoch", "number", "part")
    rows = rows.select("partition", "offset", "line", fields).na.fill("", ["instrument", "epoch"])
    last = Window.partitionBy("category", "instrument").orderBy(
        f.col("offset").desc(), f.col("number").cast("decimal(20,0)").desc(), f.col("part").cast("int").desc()
    )
    return rows.withColumn("place", f.row_number().over(last)).where("place = 1")


def main():
    given = options()
    spark = SparkSession.builder.appName("venuewire-latest").getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    write = writer(given)
    stream = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", given.servers)
        # Rows of a transaction that was given up are not rows.
        .option("kafka.isolation.level", "read_committed")
        .option("subscribe", given.topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", given.records)
        .load()
    )
    query = stream.writeStream.option("checkpointLocation", given.checkpoint).foreachBatch(
        lambda batch, _: newest(batch, given.category).foreachPartition(write)
    )
    (query.trigger(availableNow=True) if given.once else query.trigger(processingTime="1 second")).start().awaitTermination()


if __name__ == "__main__":
    main()
