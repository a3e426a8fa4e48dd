"""Where orders are executed. Within the batch: the paper market, an order gateway and the clock
of its exchange. Outside it: the port that brokers' adapters and agents implement, and the lanes
that call them on threads of their own. Knows no table and no transaction.
"""
